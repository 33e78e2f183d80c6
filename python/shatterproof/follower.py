# SPDX-License-Identifier: Apache-2.0
"""Follows the functions that a forward pass calls."""

from __future__ import annotations

import types
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import torch
from torch.overrides import TorchFunctionMode

from . import substitutes
from .arguments import first_operand
from .operators import TABLE, name_of, stem_of, written_by
from .rewriting import RewrittenPass
from .untouched import Untouched

_Body = Callable[..., Any]

_CHECKS = ("has_torch_function", "has_torch_function_unary", "has_torch_function_variadic")
_bodies: dict[Any, _Body] = {}


def _never(*_: Any) -> bool:
    return False


def _body_of(function: types.FunctionType) -> _Body:
    """The function without its own question whether somebody follows, so that what it calls is seen."""
    body = _bodies.get(function)
    if body is None:
        scope = {**function.__globals__, **{check: _never for check in _CHECKS}}
        copy = types.FunctionType(
            function.__code__, scope, function.__name__, function.__defaults__, function.__closure__
        )
        copy.__kwdefaults__ = function.__kwdefaults__
        body = _bodies[function] = copy
    return body


class Follower(TorchFunctionMode):
    """Sees every call of a function that makes tensors: those of the operator table whole, of others what they call.

    Dropout is the identity, batch normalization takes the statistics asked for, recurrent networks run layer by
    layer. Calls are numbered in the order in which they are seen, which is the same in every pass of a model that
    takes the same path.

    Parameters
    ----------
    statistics
        What batch normalizations take.
    weights
        Keeps what a call is about to write over.
    twice
        Whether the pass must be differentiable twice: attention is then made of products and a softmax.
    rewritten
        What makes the pass that of another graph; empty: the model's own.
    """

    def __init__(
        self,
        statistics: substitutes.BatchStatistics,
        weights: Untouched,
        twice: bool = False,
        rewritten: RewrittenPass | None = None,
    ) -> None:
        super().__init__()
        self.calls = 0
        self._rewritten = rewritten
        self._statistics, self._weights = statistics, weights
        self._twice = twice

    def __torch_function__(
        self, function: Any, types_: Any, args: tuple[Any, ...] = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        kwargs = kwargs or {}
        name = name_of(function)
        if name in substitutes.DROPOUT:
            return self.dropped(function, args, kwargs)
        if name in ("silu", "silu_"):
            with self:
                return substitutes.silu(*args, **kwargs)
        if name == "glu":
            with self:
                return substitutes.glu(*args, **kwargs)
        if name == "scaled_dot_product_attention":
            kwargs = {**kwargs, "dropout_p": 0.0, **({"is_causal": args[5]} if len(args) > 5 else {})}
            args = args[:4]
            if self._twice:
                return self._leaf(function, args, kwargs, substitutes.attention)
        if name in substitutes.RECURRENT and len(args) == 9:
            return substitutes.layer_by_layer(function, lambda a, k: self._leaf(function, tuple(a), k), args)
        if name == "batch_norm":
            return self._normalized(function, args, kwargs)
        if isinstance(function, types.FunctionType) and stem_of(name) not in TABLE and self._is_composite(function):
            with self:
                return _body_of(function)(*args, **kwargs)
        return self._leaf(function, args, kwargs)

    @staticmethod
    def _is_composite(function: types.FunctionType) -> bool:
        """Whether it asks if somebody follows, by a name of its module's that can be given another meaning.

        One that asks through ``torch.overrides``, as those that draw weights do, would come back for ever.
        """
        asked = [check for check in _CHECKS if check in function.__code__.co_names]
        return (function.__module__ or "").startswith("torch") and any(c in function.__globals__ for c in asked)

    def _normalized(self, function: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        if getattr(function, "__module__", None) != "torch.nn.functional":
            # torch.batch_norm(input, weight, bias, mean, variance, training, momentum, eps, cudnn)
            x, weight, bias, mean, variance, _, _, eps, *_ = args
            args, kwargs = (x, mean, variance, weight, bias), {"eps": eps}
        return self._leaf(self._statistics.normalized, args, kwargs)

    def _leaf(
        self, function: Any, args: tuple[Any, ...], kwargs: dict[str, Any], run: Callable[..., Any] | None = None
    ) -> Any:
        if self._rewritten is not None:
            return self._rewritten.call(self, function, args, kwargs, run)
        return self.carry_out(function, args, kwargs, run)

    def normalized(self, x: torch.Tensor, args: Sequence[torch.Tensor], eps: float) -> torch.Tensor:
        """Batch normalization that no module asks for: gain, shift, and the statistics that are stored."""
        gain, shift, mean, variance = args
        made: torch.Tensor = self.carry_out(self._statistics.normalized, (x, mean, variance, gain, shift), {"eps": eps})
        return made

    def carry_out(
        self, function: Any, args: tuple[Any, ...], kwargs: dict[str, Any], run: Callable[..., Any] | None = None
    ) -> Any:
        """Calls a function, or what runs in its place, and numbers the call where it makes tensors."""
        self.before(function, args, kwargs)
        result = (run or function)(*args, **kwargs)
        if name_of(function) == "__setitem__":
            self._number(function, args, kwargs, args[0])
        elif isinstance(result, torch.Tensor) or (
            isinstance(result, (tuple, list)) and any(isinstance(t, torch.Tensor) for t in result)
        ):
            return self._number(function, args, kwargs, result)
        return result

    def _number(self, function: Any, args: tuple[Any, ...], kwargs: dict[str, Any], result: Any) -> Any:
        call, self.calls = self.calls, self.calls + 1
        return self.seen(call, function, args, kwargs, result)

    def dropped(self, function: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """What a dropout gives: its mean, which is its operand."""
        return first_operand(args, kwargs)

    def before(self, function: Any, args: Sequence[Any], kwargs: Mapping[str, Any]) -> None:
        """A call is about to be made."""
        written = written_by(function, args, kwargs)
        if written is not None:
            self._weights.about_to_write(written)

    def seen(self, call: int, function: Any, args: Sequence[Any], kwargs: Mapping[str, Any], result: Any) -> Any:
        """A call has been made; what this returns is what the caller gets."""
        return result
