# SPDX-License-Identifier: Apache-2.0
"""What a loss takes the outputs for."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import zip_longest
from math import prod
from typing import Any

from torch import Tensor
from torch.overrides import TorchFunctionMode

from .arguments import first_operand, tensors_in
from .examples import found_in
from .operators import name_of, stem_of
from .own_loss import Loss, called

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
# Functions that compare numbers one by one, of which PyTorch lets the shapes differ.
_LOSSES = frozenset("mse_loss l1_loss smooth_l1_loss huber_loss".split())
_DIFFERENCES = frozenset("sub rsub subtract".split())


class _Those:
    """Tensors, and what is made of them.

    Parameters
    ----------
    tensors
        Those to begin with.
    """

    def __init__(self, tensors: Iterable[Tensor]) -> None:
        self._held = {id(tensor): tensor for tensor in tensors}  # which also keeps others from their identities

    def __contains__(self, tensor: Tensor) -> bool:
        return id(tensor) in self._held

    def add(self, tensor: Tensor) -> None:
        self._held[id(tensor)] = tensor


class _Reading(TorchFunctionMode):
    """Waits for the first function that reads the outputs, as they are or rearranged, and for what is broadcast."""

    def __init__(self, outputs: Iterable[Tensor], labels: Tensor | None) -> None:
        super().__init__()
        self.taken_for = ""
        self.broadcasts = False
        outputs = list(outputs)
        self._outputs, self._of_outputs = _Those(outputs), _Those(outputs)
        self._of_labels = _Those([] if labels is None else [labels])
        self._widened = _Those([])

    def __torch_function__(
        self, function: Any, types_: Any, args: tuple[Any, ...] = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        kwargs = kwargs or {}
        result = function(*args, **kwargs)
        operand, name = first_operand(args, kwargs), name_of(function)
        read = tensors_in([args, kwargs])
        self.broadcasts = self.broadcasts or self._is_broadcast(stem_of(name), read)
        for made in tensors_in(result):
            for those in (self._of_outputs, self._of_labels, self._widened):
                if any(tensor in those for tensor in read):
                    those.add(made)
            if stem_of(name) == "unsqueeze" or (stem_of(name) == "getitem" and _adds_axis(args[1])):
                self._widened.add(made)
        if operand is not None and operand in self._outputs:
            self.taken_for = self.taken_for or _READERS.get(name, "")
            if name in _MOVES and isinstance(result, Tensor):
                self._outputs.add(result)
        return result

    def _is_broadcast(self, name: str, read: list[Tensor]) -> bool:
        """Whether outputs meet labels that are not their own, as (N, 1) does (N).

        A difference of tensors that the loss itself has given an axis is meant to be one of all pairs.
        """
        if len(read) < 2 or not (name in _LOSSES or name in _DIFFERENCES):
            return False
        a, b = read[:2]
        from_both = any(
            x in self._of_outputs and x not in self._of_labels and y in self._of_labels and y not in self._of_outputs
            for x, y in ((a, b), (b, a))
        )
        if not from_both or a.dim() == b.dim():
            return False
        if name in _DIFFERENCES and (a in self._widened or b in self._widened):
            return False
        numbers = prod(max(sizes) for sizes in zip_longest(reversed(a.shape), reversed(b.shape), fillvalue=1))
        return numbers > max(a.numel(), b.numel())


def _adds_axis(index: Any) -> bool:
    return any(one is None for one in (index if isinstance(index, tuple) else (index,)))


def loss_input(loss: Loss, output: Any, labels: Tensor | None) -> str:
    """What a loss takes outputs for.

    Parameters
    ----------
    loss
        ``loss(output, labels)``.
    output
        What the model has returned.
    labels
        What the loss is given beside it.

    Returns
    -------
    str
        ``"broadcast"``, where it compares outputs with the labels of other examples, because the shapes differ;
        ``"class_logits"``, of which it takes a softmax; ``"logits"``, of which it takes a sigmoid;
        ``"log_probabilities"``; or ``""`` where it does anything else with them, or fails.
    """
    reading = _Reading((tensor for _, tensor in found_in(output)), labels)
    try:
        with reading:
            called(loss, output, labels)
    except Exception:  # the check itself calls it in its place, and says what is wrong
        return ""
    return "broadcast" if reading.broadcasts else reading.taken_for
