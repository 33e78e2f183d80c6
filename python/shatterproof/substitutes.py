# SPDX-License-Identifier: Apache-2.0
"""What is run in place of functions that draw random numbers, keep statistics or hide layers."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import torch
from torch import Tensor

from .arguments import argument

RECURRENT = {"lstm": 4, "gru": 3, "rnn_tanh": 1, "rnn_relu": 1}

#: Functions that are the identity in the mean.
DROPOUT = frozenset(
    "dropout dropout_ dropout1d dropout2d dropout3d alpha_dropout alpha_dropout_ feature_dropout feature_dropout_ "
    "feature_alpha_dropout feature_alpha_dropout_".split()
)


def ratio_of_dropout(args: Sequence[Any], kwargs: Mapping[str, Any], trains: bool) -> float:
    """Which part of its numbers a call of one of these drops, where its module trains or the call says so."""
    trains = trains or bool(argument(args, kwargs, 2, "training", kwargs.get("train", True)))
    return float(argument(args, kwargs, 1, "p", 0.5)) if trains else 0.0


class BatchStatistics:
    """Batch normalization as a measurement asks for it.

    Parameters
    ----------
    kind
        ``"detached"``: statistics of the batch, constants of the derivative; ``"attached"``: differentiated
        through; ``"stored"``: those kept from training.
    """

    def __init__(self, kind: str) -> None:
        self.kind = kind
        self.held: dict[int, tuple[Tensor, Tensor]] = {}
        self.takes = False
        self._calls = 0

    def begin(self, takes: bool) -> None:
        """Starts a pass; when it ``takes`` statistics, later passes use those of this one."""
        self._calls = 0
        self.takes = takes
        if takes:
            self.held.clear()

    def normalized(
        self,
        input: Tensor,
        running_mean: Tensor | None = None,
        running_var: Tensor | None = None,
        weight: Tensor | None = None,
        bias: Tensor | None = None,
        training: bool = False,
        momentum: float = 0.1,
        eps: float = 1e-5,
    ) -> Tensor:
        """``torch.nn.functional.batch_norm``, which leaves the running statistics alone."""
        call, self._calls = self._calls, self._calls + 1
        if self.kind == "stored" and running_mean is not None and running_var is not None:
            return torch.batch_norm(
                input, weight, bias, running_mean, running_var, False, 0.0, eps, torch.backends.cudnn.enabled
            )
        if self.kind == "attached":
            return torch.batch_norm(input, weight, bias, None, None, True, 0.0, eps, torch.backends.cudnn.enabled)
        if call not in self.held or self.takes:
            axes = [axis for axis in range(input.dim()) if axis != 1]
            with torch.no_grad():
                x = input.detach() if input.dtype == torch.float64 else input.detach().float()
                moments = (x.mean(axes), x.var(axes, unbiased=False))
            if not self.takes:
                return self._scaled(input, *moments, weight, bias, eps)
            self.held[call] = moments
        return self._scaled(input, *self.held[call], weight, bias, eps)

    @staticmethod
    def _scaled(
        x: Tensor, mean: Tensor, variance: Tensor, weight: Tensor | None, bias: Tensor | None, eps: float
    ) -> Tensor:
        return torch.batch_norm(x, weight, bias, mean, variance, False, 0.0, eps, torch.backends.cudnn.enabled)


def silu(input: Tensor, inplace: bool = False) -> Tensor:
    """As ONNX has it: a sigmoid and a product."""
    return input * torch.sigmoid(input)


def glu(input: Tensor, dim: int = -1) -> Tensor:
    """As ONNX has it: halves, a sigmoid and a product."""
    value, gate = torch.chunk(input, 2, dim)
    return value * torch.sigmoid(gate)


def attention(
    query: Tensor,
    key: Tensor,
    value: Tensor,
    attn_mask: Tensor | None = None,
    dropout_p: float = 0.0,
    is_causal: bool = False,
    scale: float | None = None,
    enable_gqa: bool = False,
) -> Tensor:
    """Scaled dot product attention of operations that can be differentiated twice, without dropout."""
    if enable_gqa:
        groups = query.size(-3) // key.size(-3)
        key = key.repeat_interleave(groups, -3)
        value = value.repeat_interleave(groups, -3)
    scores = query @ key.transpose(-2, -1) * (1 / math.sqrt(query.size(-1)) if scale is None else scale)
    if is_causal:
        future = torch.ones(scores.shape[-2:], dtype=torch.bool, device=scores.device).triu(1)
        scores = scores.masked_fill(future, float("-inf"))
    if attn_mask is not None:
        scores = scores.masked_fill(~attn_mask, float("-inf")) if attn_mask.dtype == torch.bool else scores + attn_mask
    return torch.softmax(scores, -1) @ value


def layer_by_layer(
    function: Callable[..., Any],
    run_layer: Callable[[list[Any], dict[str, Any]], Any],
    args: tuple[Any, ...],
) -> Any:
    """A recurrent network of several layers as one call for each, so that what passes between them is seen.

    Packed sequences, and what is not the signature of ``torch.lstm`` and its kin, run as one.
    """
    lstm = function.__name__ == "lstm"
    if len(args) != 9 or not isinstance(args[3], bool) or not isinstance(args[8], bool):
        return run_layer(list(args), {})
    x, state, weights, has_biases, layers, _, train, both_ways, batch_first = args
    directions = 2 if both_ways else 1
    per_layer = len(weights) // layers
    states = list(state) if lstm else [state]
    ends: list[list[Tensor]] = [[] for _ in states]
    for layer in range(layers):
        rows = slice(layer * directions, (layer + 1) * directions)
        own = [s[rows] for s in states]
        parameters = list(weights[layer * per_layer : (layer + 1) * per_layer])
        result = run_layer(
            [x, tuple(own) if lstm else own[0], parameters, has_biases, 1, 0.0, train, both_ways, batch_first], {}
        )
        x = result[0]
        for end, value in zip(ends, result[1:]):
            end.append(value)
    if layers == 1:
        return result
    joined = [torch.cat(end, 0) for end in ends]
    return (x, *joined)
