# SPDX-License-Identifier: Apache-2.0
"""What a loss takes the outputs for."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from torch import Tensor
from torch.overrides import TorchFunctionMode

from .operators import first_operand, name_of

# Functions that read outputs, with what outputs are to them.
_READERS = {
    "cross_entropy": "class_logits",
    "cross_entropy_loss": "class_logits",
    "log_softmax": "class_logits",
    "softmax": "class_logits",
    "logsumexp": "class_logits",
    "binary_cross_entropy_with_logits": "logits",
    "logsigmoid": "logits",
    "log_sigmoid": "logits",
    "sigmoid": "logits",
    "nll_loss": "log_probabilities",
    "nll_loss_nd": "log_probabilities",
    "nll_loss2d": "log_probabilities",
    "kl_div": "log_probabilities",
}
_MOVES = frozenset(
    "view reshape flatten squeeze unsqueeze transpose permute movedim swapaxes contiguous clone float double to "
    "__getitem__ unflatten expand".split()
)


class _Reading(TorchFunctionMode):
    """Waits for the first function that reads the outputs, as they are or rearranged."""

    def __init__(self, outputs: Sequence[Tensor]) -> None:
        super().__init__()
        self.taken_for = ""
        self._outputs = list(outputs)

    def __torch_function__(
        self, function: Any, types_: Any, args: tuple[Any, ...] = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        kwargs = kwargs or {}
        result = function(*args, **kwargs)
        operand, name = first_operand(args, kwargs), name_of(function)
        if any(operand is output for output in self._outputs):
            self.taken_for = self.taken_for or _READERS.get(name, "")
            if name in _MOVES and isinstance(result, Tensor):
                self._outputs.append(result)
        return result


def loss_input(loss: Callable[[Any, Any], Any], outputs: Sequence[Tensor], labels: Tensor | None) -> str:
    """What a loss takes such outputs for.

    Parameters
    ----------
    loss
        ``loss(output, labels)``; of several outputs it is given a list.
    outputs
        Tensors of the outputs' shapes and types.
    labels
        What the loss is given beside them.

    Returns
    -------
    str
        ``"class_logits"``, of which it takes a softmax; ``"logits"``, of which it takes a sigmoid;
        ``"log_probabilities"``; or ``""`` where it does anything else with them, or fails.
    """
    reading = _Reading(outputs)
    try:
        with reading:
            loss(outputs[0] if len(outputs) == 1 else list(outputs), labels)
    except Exception:  # the check itself calls it in its place, and says what is wrong
        return ""
    return reading.taken_for
