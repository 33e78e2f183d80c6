# SPDX-License-Identifier: Apache-2.0
"""Leaves a model as it was."""

from __future__ import annotations

import contextlib
import random
import sys
from collections.abc import Iterable, Iterator
from typing import Any

import torch
from torch import Tensor, nn

SEED_OF_PASSES = 0  # a model that draws numbers draws the same ones in every pass


class Untouched:
    """Values and gradients of the parameters and buffers of a model.

    Buffers are copied at once; a parameter is when something is about to write into it.

    Attributes
    ----------
    in_training
        Identities of the modules that were in training mode at first.
    """

    def __init__(self, model: nn.Module) -> None:
        self.in_training = {id(module) for module in model.modules() if module.training}
        self._parameters = {id(p): p for p in model.parameters()}
        self._flags = [(p, p.requires_grad, p.grad) for p in self._parameters.values()]
        self._gradients = [(g, g.clone()) for _, _, g in self._flags if g is not None]
        self._storages: dict[int, list[Tensor]] = {}
        for parameter in self._parameters.values():
            self._storages.setdefault(parameter.data_ptr(), []).append(parameter)
        with torch.no_grad():
            self._buffers = [(b, b.detach().clone()) for b in model.buffers()]
            self._beginnings = [values for _, values in self._buffers]
            self._copies: dict[int, Tensor] = {}
        self._buffer_versions = [b._version for b, _ in self._buffers]
        self._attributes: _Attributes | None = None

    def about_to_write(self, tensor: Tensor) -> None:
        """Keeps the values of parameters that share memory with the tensor."""
        base = tensor._base if tensor._base is not None else tensor
        sharing: list[Tensor] = [self._parameters[id(base)]] if id(base) in self._parameters else []
        if base.layout is torch.strided and base.device.type != "meta":
            sharing += self._storages.get(base.data_ptr(), [])
        for parameter in sharing:
            self.keep(parameter)

    def keep(self, parameter: Tensor) -> None:
        """Keeps the values of one parameter."""
        if id(parameter) in self._parameters and id(parameter) not in self._copies:
            with torch.no_grad():
                self._copies[id(parameter)] = parameter.detach().clone()

    def keep_all(self) -> None:
        """Keeps the values of every parameter."""
        for parameter in self._parameters.values():
            self.keep(parameter)

    def rewind(self) -> None:
        """Before a pass: attributes and buffers as the first one had them, so that all passes are alike."""
        if self._attributes is not None:
            self._attributes.restore()
        with torch.no_grad():
            for i, (buffer, _) in enumerate(self._buffers):
                if buffer._version != self._buffer_versions[i]:
                    buffer.copy_(self._beginnings[i])
                    self._buffer_versions[i] = buffer._version

    @contextlib.contextmanager
    def beginning(self) -> Iterator[None]:
        """Within, buffers are what they were at first; passes begin with what is then written into them."""
        with torch.no_grad():
            for buffer, values in self._buffers:
                buffer.copy_(values)
            yield
            self._beginnings = [buffer.detach().clone() for buffer, _ in self._buffers]
        self._buffer_versions = [buffer._version for buffer, _ in self._buffers]

    def freeze(self, model: nn.Module) -> None:
        """Lets no derivative reach the parameters."""
        for parameter in self._parameters.values():
            parameter.requires_grad_(False)
        self._attributes = _Attributes(model)

    def freeze_others(self, weights: Iterable[nn.Parameter]) -> None:
        """Lets no derivative reach weights that a pass reads and the model does not list."""
        for weight in weights:
            self._flags.append((weight, weight.requires_grad, weight.grad))
            if weight.grad is not None:
                self._gradients.append((weight.grad, weight.grad.clone()))
            weight.requires_grad_(False)

    def restore(self) -> None:
        """Writes back what has changed."""
        with torch.no_grad():
            for key, copy in self._copies.items():
                self._parameters[key].detach().copy_(copy)
            for buffer, values in self._buffers:
                if buffer.shape == values.shape and not _same(buffer, values):
                    buffer.copy_(values)
            for gradient, values in self._gradients:
                if not _same(gradient, values):
                    gradient.copy_(values)
        for parameter, requires_grad, before in self._flags:
            parameter.requires_grad_(requires_grad)
            if parameter.grad is not before:
                parameter.grad = before


def _same(a: Tensor, b: Tensor) -> bool:
    return torch.equal(a, b) or (a.is_floating_point() and torch.equal(torch.nan_to_num(a), torch.nan_to_num(b)))


def _holds_the_same(held: Any, content: Any) -> bool:
    if len(held) != len(content):
        return False
    if isinstance(held, dict):
        return all(a == b and x is y for (a, x), (b, y) in zip(held.items(), content.items()))
    if isinstance(held, list):
        return all(x is y for x, y in zip(held, content))
    return bool(held == content)


class _Attributes:
    """What the modules of a model hold: their tensors, modules, hooks, modes and other attributes.

    Of attributes that are dictionaries, lists or sets, as hooks and caches are, also what these hold.
    """

    def __init__(self, model: nn.Module) -> None:
        self._states: list[tuple[nn.Module, dict[str, Any], dict[str, Any]]] = []
        for module in model.modules():
            if isinstance(module, torch.jit.ScriptModule):
                continue  # its attributes live elsewhere
            held = {key: value for key, value in module.__dict__.items() if isinstance(value, (dict, list, set))}
            inner = {key: value.copy() for key, value in held.items()}
            self._states.append((module, dict(module.__dict__), inner))

    def restore(self) -> None:
        """Puts back what was replaced, added or taken."""
        for module, attributes, inner in self._states:
            module.__dict__.clear()
            module.__dict__.update(attributes)
            for key, content in inner.items():
                held = module.__dict__[key]
                if not _holds_the_same(held, content):  # whoever walks through it is not disturbed
                    held.clear()
                    held.extend(content) if isinstance(held, list) else held.update(content)


class _RandomNumbers:
    """States of every generator of random numbers at hand."""

    def __init__(self) -> None:
        self._cpu = torch.get_rng_state()
        uses_cuda = torch.cuda.is_available() and torch.cuda.is_initialized()  # type: ignore[no-untyped-call]
        self._cuda = torch.cuda.get_rng_state_all() if uses_cuda else None
        self._python = random.getstate()
        numpy = sys.modules.get("numpy")
        self._numpy = numpy.random.get_state() if numpy is not None else None

    def restore(self) -> None:
        """Sets them back."""
        torch.set_rng_state(self._cpu)
        if self._cuda is not None:
            torch.cuda.set_rng_state_all(self._cuda)
        random.setstate(self._python)
        if self._numpy is not None:
            sys.modules["numpy"].random.set_state(self._numpy)


class _CheckpointNever:
    """Stands in for checkpointing: what would be computed twice is computed once, where it can be seen."""

    @staticmethod
    def apply(function: Any, _preserve: Any, *args: Any) -> Any:
        return function(*args)


@contextlib.contextmanager
def _eager() -> Iterator[None]:
    import torch.utils.checkpoint as checkpoint

    original = checkpoint.CheckpointFunction
    checkpoint.CheckpointFunction = _CheckpointNever  # type: ignore[misc,assignment]
    compiler = getattr(torch, "compiler", None)
    stance = getattr(compiler, "set_stance", None)
    try:
        with stance("force_eager") if stance is not None else contextlib.nullcontext():
            yield
    finally:
        checkpoint.CheckpointFunction = original  # type: ignore[misc]


@contextlib.contextmanager
def untouched(model: nn.Module) -> Iterator[Untouched]:
    """Within: an evaluation mode in which derivatives reach no parameter and nothing is compiled or checkpointed.

    Afterwards, also when what was done within has failed: parameters, buffers, gradients, ``requires_grad``,
    training modes, hooks, other attributes of the modules, and the generators of random numbers are what they were.
    """
    attributes, weights, numbers = _Attributes(model), Untouched(model), _RandomNumbers()
    try:
        with _eager(), torch.inference_mode(False), torch.enable_grad():
            for module in model.modules():
                module.training = False
            weights.freeze(model)
            yield weights
    finally:
        attributes.restore()
        weights.restore()
        numbers.restore()
