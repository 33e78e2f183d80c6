# SPDX-License-Identifier: Apache-2.0
"""A pass of a module that shows the library its taps."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor

from . import _native
from .arguments import first_operand, tensors_in
from .arrangement import Arranged, examples_first, in_layout, recurrent
from .follower import Follower
from .graph import Node
from .operators import name_of, operation_of, written_by
from .own_loss import repeated
from .substitutes import RECURRENT, BatchStatistics
from .untouched import Untouched

if TYPE_CHECKING:
    from .live_model import LiveModel


@dataclass
class Site:
    """What is to be done at one call of a pass."""

    node: Node
    taps: list[int]
    output: int = 0
    starts_derivatives: bool = False


# A node's first input, its outputs, and whether their examples come before their steps.
Kept = tuple[Tensor, list[Tensor], bool]


class LivePass(Follower):
    """Shows what passes the taps to a pass of the library."""

    def __init__(
        self,
        live: LiveModel,
        native: _native.Pass,
        weights: Untouched,
        statistics: BatchStatistics,
        twice: bool,
        examples: int,
    ) -> None:
        rewritten = live.rewriting.begun() if live.rewriting is not None else None
        super().__init__(statistics, weights, twice, rewritten)
        self.logits: dict[int, Tensor] = {}
        self.softmaxes: dict[int, Callable[[Tensor], Any]] = {}
        self.kept: dict[int, Kept] = {}
        self._live = live
        self._native = native
        self._examples = examples
        self._before: Tensor | None = None
        self._entered: dict[int, Tensor | None] = {}

    def before(self, function: Any, args: Sequence[Any], kwargs: Mapping[str, Any]) -> None:
        """Keeps what the call is about to write over also where somebody looks."""
        super().before(function, args, kwargs)
        self._before = None
        written = written_by(function, args, kwargs) if self._live.sites.get(self.calls) else None
        if written is not None:
            with torch.no_grad():
                first = first_operand(args, kwargs)
                self._before = (written if first is None else first).detach().clone()

    def seen(self, call: int, function: Any, args: Sequence[Any], kwargs: Mapping[str, Any], result: Any) -> Any:
        """Shows the taps at this call; what derivatives are to pass is given back."""
        live = self._live
        if call >= len(live.called) or live.called[call] != name_of(function):
            expected = live.called[call] if call < len(live.called) else "nothing"
            got = name_of(function)
            raise ValueError(
                f"model: must take the same path in every pass; got {got} where {expected} was called before"
            )
        if call in live.final_softmaxes and (first := first_operand(args, kwargs)) is not None:
            self.logits[call] = first
            self.softmaxes[call] = repeated(function, args, kwargs, first)
        if call in live.first_calls:
            self._entered[call] = first_operand(args, kwargs)
        for site in live.sites.get(call, ()):
            result = self._show(site, function, args, kwargs, result)
        if call in live.keeps and (first := first_operand(args, kwargs)) is not None:
            result = self._keep(live.keeps[call], first, result)
        return result

    def _keep(self, index: int, first: Tensor, result: Any) -> Any:
        node = self._live.graph.nodes[index]
        outputs = tensors_in(result)
        if node.recurrent is None:
            if node.op not in ("LSTM", "GRU", "RNN"):  # of a cell or a packed sequence steps are not told apart
                self.kept[index] = (first, outputs, False)
            return result
        directions, batch_first = node.recurrent
        arranged = [in_layout(output, directions, batch_first, i > 0) for i, output in enumerate(outputs)]
        self.kept[index] = (first, [a.shown for a in arranged], batch_first)
        return tuple(a.back(a.shown) for a in arranged)

    def _show(self, site: Site, function: Any, args: Sequence[Any], kwargs: Mapping[str, Any], result: Any) -> Any:
        outputs = tensors_in(result)
        if site.starts_derivatives:
            arranged = examples_first(outputs[0], self._examples)
            started = self._native.start_at(outputs[0] if arranged is None else arranged.shown)
            for tap in site.taps:
                self._native.observe(tap, [started], started)
            return (started if arranged is None else arranged.back(started)).clone()
        output = outputs[site.output]
        inputs = self._operands(site, function, args, kwargs)
        arranged = self._arranged(site, output)
        if arranged is not None and self._before is None:  # what is written in place is read where it is
            inputs = [self._like(output, t) for t in inputs]
            outputs[site.output] = arranged.back(arranged.shown)
            result = tuple(outputs) if isinstance(result, (tuple, list)) else outputs[0]
            output = arranged.shown
        for tap in site.taps:
            self._native.observe(tap, inputs, output)
        return result

    def _arranged(self, site: Site, output: Tensor) -> Arranged | None:
        if site.node.recurrent is not None and output.dim() > 2:
            return recurrent(output, *site.node.recurrent, site.output > 0)
        return examples_first(output, self._examples)

    def _like(self, output: Tensor, operand: Tensor | None) -> Tensor | None:
        """An operand arranged as the output is, where they are of one shape."""
        if operand is None or operand.shape != output.shape:
            return operand
        arranged = examples_first(operand, self._examples)
        return operand if arranged is None else arranged.shown

    def _operands(
        self, site: Site, function: Any, args: Sequence[Any], kwargs: Mapping[str, Any]
    ) -> list[Tensor | None]:
        operation = operation_of(function, args, kwargs) if name_of(function) not in RECURRENT else None
        operands: list[Tensor | None] = (
            list(operation.operands) if operation is not None else [*tensors_in(args), *tensors_in(kwargs)]
        )
        if operation is not None and "alpha" in operation.attributes and operands[1] is not None:
            operands[1] = operands[1] * float(operation.attributes["alpha"])  # type: ignore[arg-type]
        if self._before is not None and operands and operands[0] is not None:
            operands[0] = self._before
        if site.node.first_call is not None:
            operands[:1] = [self._entered.pop(site.node.first_call)]
        return [t if isinstance(t, Tensor) else None for t in operands]
