# SPDX-License-Identifier: Apache-2.0
"""Tensors as the library expects them: the examples along the first axis."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from torch import Tensor

_MOST_AXES = 3  # from four on they are heads, channels or places, as many as there are examples by chance only


@dataclass(frozen=True)
class Arranged:
    """A tensor as it is shown, and how to get it back: what is read later is made from what is shown, so that its
    gradient passes there.
    """

    shown: Tensor
    back: Callable[[Tensor], Tensor]


def examples_first(output: Tensor, examples: int) -> Arranged | None:
    """Of [steps, examples, ...] the first two axes exchanged; of [examples * rows, ...] an axis for each.

    ``None`` where the examples are first, or nowhere.
    """
    if output.dim() == 0 or output.dim() > _MOST_AXES or output.size(0) == examples:
        return None
    if output.dim() > 1 and output.size(1) == examples:
        return Arranged(output.transpose(0, 1), lambda shown: shown.transpose(0, 1))
    if output.size(0) > 0 and output.size(0) % examples == 0:
        shape = output.shape
        return Arranged(output.reshape(examples, -1, *shape[1:]), lambda shown: shown.reshape(shape))
    return None


def recurrent(output: Tensor, directions: int, batch_first: bool, is_last_step: bool) -> Arranged:
    """Of a recurrent node [examples, steps, directions, units], or [examples, directions, units] of the last step."""
    if is_last_step:
        return Arranged(output.movedim(1, 0), lambda shown: shown.movedim(0, 1))
    steps_second = output if batch_first else output.movedim(1, 0)
    shown = steps_second.reshape(*steps_second.shape[:2], directions, -1)
    return Arranged(shown, lambda t: t.flatten(2) if batch_first else t.flatten(2).movedim(0, 1))


def in_layout(output: Tensor, directions: int, batch_first: bool, is_last_step: bool) -> Arranged:
    """The same as ONNX's recurrent nodes have it: with the batch first, or [steps, directions, examples, units] and
    [directions, examples, units].
    """
    arranged = recurrent(output, directions, batch_first, is_last_step)
    if batch_first:
        return arranged
    if is_last_step:
        return Arranged(output, lambda shown: shown)
    return Arranged(arranged.shown.permute(1, 2, 0, 3), lambda shown: arranged.back(shown.permute(2, 0, 1, 3)))
