# SPDX-License-Identifier: Apache-2.0
"""A loss of the user's, called with what the model returns, and its derivatives."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import torch
from torch import Tensor

from .examples import main_output, mapped
from .untouched import SEED_OF_PASSES

Loss = Callable[[Any, Any], Tensor]


def called(loss: Loss, output: Any, labels: Tensor | None) -> Any:
    """What a loss gives; one that cannot take a mapping gets the tensor that this is about."""
    main = main_output(output)
    if main is None:
        return loss(output, labels)
    try:
        return loss(output, labels)
    except (TypeError, AttributeError):
        return loss(main[1], labels)


def repeated(function: Any, args: Sequence[Any], kwargs: Mapping[str, Any], first: Tensor) -> Callable[[Tensor], Any]:
    """The call of a function with another tensor in the place of its first operand."""

    def call(other: Tensor) -> Any:
        def visit(_: str, tensor: Tensor) -> Tensor:
            return other if tensor is first else tensor

        return function(*mapped(tuple(args), visit), **mapped(dict(kwargs), visit))

    return call


class Returned:
    """What a pass has returned.

    Parameters
    ----------
    result
        As the model returns it.
    outputs
        Its tensors that a loss is differentiated by.
    softmaxes
        Of each of these the final softmax that makes it of logits, or ``None``.
    """

    def __init__(
        self, result: Any, outputs: Sequence[Tensor], softmaxes: Sequence[Callable[[Tensor], Tensor] | None]
    ) -> None:
        self._result, self._outputs, self._softmaxes = result, outputs, softmaxes

    def of(self, logits: Sequence[Tensor]) -> Any:
        """The same with outputs that come of these tensors, and nothing else that has a derivative."""
        made = [given if softmax is None else softmax(given) for given, softmax in zip(logits, self._softmaxes)]
        own = {id(output): new for output, new in zip(self._outputs, made)}
        return mapped(self._result, lambda _, tensor: own.get(id(tensor), tensor.detach()))


class LossOfPass:
    """A loss of what one pass has returned.

    Parameters
    ----------
    loss, returned, labels
        What it is, of what, beside which labels.
    """

    def __init__(self, loss: Loss, returned: Returned, labels: Tensor | None) -> None:
        self._loss, self._returned, self._labels = loss, returned, labels

    def of(self, logits: Sequence[Tensor]) -> Tensor:
        """One number, where the outputs are made of these.

        Random numbers within the loss are the same in every call.

        Raises
        ------
        ValueError
            When it returns anything but one number that has derivatives.
        """
        torch.manual_seed(SEED_OF_PASSES)
        with torch.inference_mode(False), torch.enable_grad():
            value = called(self._loss, self._returned.of(logits), self._labels)
        if not isinstance(value, Tensor):
            raise ValueError(f"loss: must return one number as a tensor; got {type(value).__name__}")
        if value.numel() != 1:
            raise ValueError(
                f"loss: must return one number; got a tensor of shape {list(value.shape)}: "
                "take its mean (reduction='mean')"
            )
        if not value.requires_grad and any(tensor.requires_grad for tensor in logits):
            raise ValueError(
                "loss: must have derivatives with respect to the outputs; got a number without any "
                "(argmax, comparing, rounding, detach() or NumPy on the way)"
            )
        return value.reshape(())

    def gradient(self, logits: Sequence[Tensor]) -> list[Tensor]:
        """Derivatives with respect to these."""
        with torch.inference_mode(False), torch.enable_grad():
            starts = [tensor.detach().requires_grad_(True) for tensor in logits]
            gradients = torch.autograd.grad(self.of(starts), starts, allow_unused=True)
        return [g if g is not None else torch.zeros_like(s) for g, s in zip(gradients, starts)]
