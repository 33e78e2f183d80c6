# SPDX-License-Identifier: Apache-2.0
"""What a model is called with, and what it returns."""

from __future__ import annotations

import copy
import dataclasses
import inspect
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import torch
from torch import Tensor, nn

_Visit = Callable[[str, Tensor], Tensor]


def mapped(value: Any, visit: _Visit, path: str = "") -> Any:
    """The same nested structure with each tensor replaced by ``visit(path, tensor)``.

    Goes through sequences, mappings (also those of other types, which are copied) and dataclasses.
    """

    def below(key: object) -> str:
        return f"{path}.{key}" if path else str(key)

    if isinstance(value, Tensor):
        return visit(path or "input", value)
    if isinstance(value, tuple) and hasattr(value, "_fields"):
        return type(value)(*(mapped(item, visit, below(key)) for key, item in zip(value._fields, value)))
    if isinstance(value, (tuple, list)):
        return type(value)(mapped(item, visit, below(i)) for i, item in enumerate(value))
    if isinstance(value, Mapping):
        items = {key: mapped(item, visit, below(key)) for key, item in value.items()}
        return items if type(value) is dict else _same_kind(value, items)
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        changed = copy.copy(value)
        for item in dataclasses.fields(value):
            object.__setattr__(changed, item.name, mapped(getattr(value, item.name), visit, below(item.name)))
        return changed
    return value


def found_in(value: Any) -> list[tuple[str, Tensor]]:
    """The paths and tensors of such a structure."""
    found: list[tuple[str, Tensor]] = []

    def visit(path: str, tensor: Tensor) -> Tensor:
        found.append((path, tensor))
        return tensor

    mapped(value, visit)
    return found


def _same_kind(value: Mapping[Any, Any], items: dict[Any, Any]) -> Any:
    same = copy.copy(value)
    for key, item in items.items():
        same[key] = item  # type: ignore[index]
    return same


class Examples:
    """The arguments of a model, and which tensors of them hold examples along their first axis.

    Parameters
    ----------
    batch
        A tensor; a tuple or list of positional arguments, whose last one is the labels where ``forward`` takes one
        fewer; or a mapping of keyword arguments.
    labels
        Class numbers or targets for the loss, one per example: a tensor, or what makes one.
    """

    def __init__(self, model: nn.Module, batch: Any, labels: Any = None) -> None:
        args: tuple[Any, ...]
        if isinstance(batch, Mapping):
            args, kwargs = (), dict(batch)
        elif isinstance(batch, (tuple, list)) and not hasattr(batch, "_fields"):
            args, kwargs = tuple(batch), {}
            if labels is None and len(args) > 1 and len(args) == _most_positional(model) + 1:
                *rest, labels = args
                args = tuple(rest)
        else:
            args, kwargs = (batch,), {}
        self._args, self._kwargs = args, kwargs
        self.tensors: dict[str, Tensor] = {}
        self.count = 0
        names = parameter_names(model)
        found = [(_argument_name(names, path), tensor) for path, tensor in found_in(args)] + found_in(kwargs)
        sized = [tensor for _, tensor in found if tensor.dim() > 0]
        if not sized:
            raise ValueError(f"batch: must hold a tensor with examples along its first axis; got {_kind(batch)}")
        self.count = sized[0].size(0)
        self.tensors = {path: t for path, t in found if t.dim() > 0 and t.size(0) == self.count}
        self.labels = _labels_of(labels)
        if self.labels is not None and (self.labels.dim() == 0 or self.labels.size(0) != self.count):
            raise ValueError(f"labels: must be one per example, {self.count}; got shape {list(self.labels.shape)}")

    def replaced(self, tensors: Mapping[str, Tensor]) -> dict[str, Any]:
        """Keyword arguments with these tensors in place of the ones of their names."""
        old = {id(self.tensors[name]): tensor for name, tensor in tensors.items()}
        return dict(mapped(self._kwargs, lambda _, tensor: old.get(id(tensor), tensor)))

    def call(self, model: nn.Module, tensors: Sequence[Tensor]) -> Any:
        """What the model returns when these tensors stand for those of ``tensors``, in order."""
        replaced = {id(old): new for old, new in zip(self.tensors.values(), tensors)}

        def visit(_: str, tensor: Tensor) -> Tensor:
            return replaced.get(id(tensor), tensor)

        return model(*mapped(self._args, visit), **mapped(self._kwargs, visit))


def _labels_of(labels: Any) -> Tensor | None:
    if labels is None or isinstance(labels, Tensor):
        return labels
    try:
        return torch.as_tensor(labels)
    except (TypeError, ValueError, RuntimeError):
        raise TypeError(
            "labels: must be a tensor with one per example, or numbers that make one; got "
            f"{type(labels).__name__}{_kinds_in(labels)}"
        ) from None


def _kinds_in(value: Any) -> str:
    items = value.values() if isinstance(value, Mapping) else value if isinstance(value, (tuple, list)) else ()
    kinds = ", ".join(dict.fromkeys(type(item).__name__ for item in items))
    return f" of {kinds}" if kinds else ""


def _most_positional(model: nn.Module) -> int:
    try:
        parameters = inspect.signature(model.forward).parameters.values()
    except (TypeError, ValueError):
        return -1
    if any(p.kind is p.VAR_POSITIONAL for p in parameters):
        return -1
    return sum(p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD) for p in parameters)


def parameter_names(model: nn.Module) -> list[str]:
    """Of what a model is called with; empty where it does not say."""
    try:
        return list(inspect.signature(model.forward).parameters)
    except (TypeError, ValueError):
        return []


def _argument_name(names: list[str], path: str) -> str:
    first, _, rest = path.partition(".")
    if first.isdigit() and int(first) < len(names):
        return names[int(first)] + ("." + rest if rest else "")
    return path


def _kind(value: Any) -> str:
    return f"shape {list(value.shape)}" if isinstance(value, Tensor) else type(value).__name__


#: Of a mapping returned by a model, the one tensor it is about.
_MAIN_OUTPUTS = ("logits", "last_hidden_state", "prediction_logits", "out")


def main_output(result: Any) -> tuple[str, Tensor] | None:
    """The name and the tensor that a mapping is about; ``None`` where it has no such name."""
    if not isinstance(result, Mapping):
        return None
    named = ((key, result.get(key)) for key in _MAIN_OUTPUTS)
    return next(((key, main) for key, main in named if isinstance(main, Tensor) and main.dim() > 0), None)


def outputs_of(result: Any, examples: int) -> dict[str, Tensor]:
    """The tensors that a model's result is about, by name.

    Of a mapping with ``logits`` or ``last_hidden_state`` that one; otherwise every floating-point tensor with the
    examples along its first axis.

    Raises
    ------
    ValueError
        When there is none.
    """
    main = main_output(result)
    if main is not None:
        return dict([main])
    found: dict[str, Tensor] = {}
    for path, tensor in found_in(result):
        if tensor.is_floating_point() and tensor.dim() > 0 and tensor.size(0) == examples:
            found.setdefault(path if path != "input" else "output", tensor)
    if not found:
        scalar = isinstance(result, Tensor) and result.dim() == 0
        got = "a scalar" if scalar else _kind(result)
        raise ValueError(
            f"model: must return a floating-point tensor with the {examples} examples along its first axis; got {got}"
        )
    return found
