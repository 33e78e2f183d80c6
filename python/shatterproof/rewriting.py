# SPDX-License-Identifier: Apache-2.0
"""A model run as another graph than its own: with nodes inserted, replaced, or reading other values."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import torch
from torch import Tensor, nn

from .arguments import tensors_in
from .examples import mapped
from .graph import Graph
from .operators import name_of, written_by

_EPSILON = 1e-5  # of the norms that are inserted

# Name, operator, inputs and outputs of a node.
NodeRecord = tuple[str, str, list[str], list[str]]


class _Caller(Protocol):
    """A follower, as far as what is inserted needs it."""

    calls: int

    def carry_out(
        self, function: Any, args: tuple[Any, ...], kwargs: dict[str, Any], run: Callable[..., Any] | None = None
    ) -> Any:
        """Calls a function, and numbers the call where it makes tensors."""

    def normalized(self, x: Tensor, args: Sequence[Tensor], eps: float) -> Tensor:
        """Batch normalization with the statistics that the pass takes."""


# What calls a node with its first input and the others.
_Run = Callable[[_Caller, Tensor, list[Tensor]], Tensor]


def _batch_normalized(caller: _Caller, x: Tensor, others: list[Tensor]) -> Tensor:
    return caller.normalized(x, others, _EPSILON)


def _layer_normalized(caller: _Caller, x: Tensor, others: list[Tensor]) -> Tensor:
    made: Tensor = caller.carry_out(nn.functional.layer_norm, (x, [x.size(-1)], *others, _EPSILON), {})
    return made


def _called(function: Callable[..., Tensor]) -> _Run:
    def run(caller: _Caller, x: Tensor, others: list[Tensor]) -> Tensor:
        made: Tensor = caller.carry_out(function, (x, *others), {})
        return made

    return run


# What runs as a node that the model has not, and in place of one that it has, by its operator.
_INSERTIONS: dict[str, _Run] = {
    "Add": _called(torch.add),
    "Mul": _called(torch.mul),
    "BatchNormalization": _batch_normalized,
    "LayerNormalization": _layer_normalized,
}
_REPLACEMENTS: dict[str, _Run] = {
    "Relu": _called(torch.relu),
    "PRelu": _called(nn.functional.prelu),
    "Identity": _called(torch.clone),
}


@dataclass(frozen=True)
class _Reading:
    """That a node reads a value in place of another."""

    node: str
    instead_of: str
    value: str


class Rewriting:
    """What to do at which call of a model's pass.

    Parameters
    ----------
    own
        What a pass of the model was.
    called
        Names of the functions that it called.
    nodes, outputs
        The graph to be run.
    parameters
        What that graph has besides the model's own.
    trainable
        Names of those that a training may move.

    Raises
    ------
    ValueError
        Where a pass of the model does not show what would have to change.
    """

    def __init__(
        self,
        own: Graph,
        called: Sequence[str],
        nodes: Iterable[NodeRecord],
        outputs: Sequence[str],
        parameters: Mapping[str, Tensor],
        trainable: Iterable[str],
    ) -> None:
        if list(outputs) != own.outputs:
            raise ValueError("rewriting: the model must return what it returned; got other outputs")
        like = next((p for p in own.parameters.values() if p.is_floating_point()), torch.empty(0))
        self.called = list(called)
        self.parameters = {name: value.to(like) for name, value in parameters.items()}
        self.trainable = set(trainable)
        self.inserted: dict[str, tuple[_Run, list[str]]] = {}
        self.replaced: dict[int, tuple[_Run, list[str]]] = {}
        self.readings: dict[int, list[_Reading]] = {}
        self.kept: dict[int, list[tuple[int, str]]] = {}
        self._planned(own, nodes)

    def _planned(self, own: Graph, nodes: Iterable[NodeRecord]) -> None:
        known = {node.name: node for node in own.nodes}
        wanted: set[str] = set()
        for name, op, inputs, outputs in nodes:
            node = known.get(name)
            if node is None:
                self.inserted[outputs[0]] = (_run_of(op, _INSERTIONS, name), inputs)
                wanted.update(inputs)
            elif op != node.op:
                self.replaced[_seen(node.call, name)] = (_run_of(op, _REPLACEMENTS, name), inputs)
                wanted.update(inputs)
            else:
                for old, new in zip(node.inputs, inputs):
                    if old == new:
                        continue
                    last = _seen(node.call, name)
                    first = node.first_call if node.first_call is not None else last
                    for call in range(first, last + 1):
                        self.readings.setdefault(call, []).append(_Reading(name, old, new))
                    wanted.update((old, new))
        for node in own.nodes:
            for number, value in enumerate(node.outputs):
                if value in wanted:
                    self.kept.setdefault(_seen(node.call, node.name), []).append((number, value))

    def begun(self, trained: Mapping[str, Tensor] | None = None) -> RewrittenPass:
        """For one pass, with copies in place of parameters that are trained."""
        return RewrittenPass(self, {**self.parameters, **(trained or {})})

    @property
    def own_trainable(self) -> dict[str, Tensor]:
        """Of the parameters that were inserted, those that a training may move."""
        return {name: value for name, value in self.parameters.items() if name in self.trainable}


def _run_of(op: str, known: Mapping[str, _Run], name: str) -> _Run:
    if op not in known:
        raise ValueError(f"rewriting: what is put in must be one of {', '.join(known)}; got {op} as '{name}'")
    return known[op]


def _seen(call: int | None, name: str) -> int:
    if call is None:
        raise ValueError(f"rewriting: the call that makes a node must have been seen; '{name}' has none")
    return call


class RewrittenPass:
    """One pass of a model that is run as another graph."""

    def __init__(self, plan: Rewriting, parameters: Mapping[str, Tensor]) -> None:
        self._plan, self._parameters = plan, parameters
        self._calls = 0  # of the model's own
        self._made: dict[str, Tensor] = {}  # as the model holds them
        self._values: dict[str, Tensor] = {}  # with the numbers that they had when they were made
        self._stale: dict[int, tuple[Tensor, Tensor]] = {}  # what the model holds of what was written elsewhere
        self._done: set[str] = set()

    def left_out(self) -> list[str]:
        """Nodes that were to read other values, and did not."""
        return sorted({r.node for all_ in self._plan.readings.values() for r in all_} - self._done)

    def call(
        self,
        caller: _Caller,
        function: Any,
        args: tuple[Any, ...],
        kwargs: dict[str, Any],
        run: Callable[..., Any] | None = None,
    ) -> Any:
        """A call that the model makes, as the other graph has it."""
        plan, call = self._plan, self._calls
        is_next = call < len(plan.called) and plan.called[call] == name_of(function)
        own = written_by(function, args, kwargs)
        args, kwargs = self._others(caller, args, kwargs, plan.readings.get(call, []) if is_next else [])
        is_replaced = is_next and call in plan.replaced
        before = caller.calls
        if is_replaced:
            result = self._run(caller, *plan.replaced[call])
        else:
            self._keep_written(caller, written_by(function, args, kwargs))
            before = caller.calls
            result = caller.carry_out(function, args, kwargs, run)
        if caller.calls == before:
            return result
        self._calls += 1
        made = tensors_in(result)
        written = written_by(function, args, kwargs)
        # What was not written in place is read where the model reads what it wrote.
        if own is not None and written is not None and (is_replaced or written is not own):
            self._stale[id(own)] = (own, made[0] if made else written)
        for number, value in plan.kept.get(call, ()):
            self._made[value] = self._values[value] = made[number]
        return result

    def _others(
        self, caller: _Caller, args: tuple[Any, ...], kwargs: dict[str, Any], readings: Sequence[_Reading]
    ) -> tuple[tuple[Any, ...], dict[str, Any]]:
        """The arguments with other tensors in place of some."""
        by_id = {key: new for key, (_, new) in self._stale.items()}
        given = {id(by_id.get(id(t), t)) for t in [*tensors_in(args), *tensors_in(kwargs)]}
        for reading in readings:
            old = self._made.get(reading.instead_of)
            if old is None or id(old) not in given:
                continue
            by_id[id(old)] = self._value(caller, reading.value)
            self._done.add(reading.node)
        if not any(id(t) in by_id for t in [*tensors_in(args), *tensors_in(kwargs)]):
            return args, kwargs

        def other(_: str, tensor: Tensor) -> Tensor:
            while id(tensor) in by_id and by_id[id(tensor)] is not tensor:
                tensor = by_id[id(tensor)]
            return tensor

        return mapped(args, other), dict(mapped(kwargs, other))

    def _keep_written(self, caller: _Caller, written: Tensor | None) -> None:
        """Copies the values that a call is about to write over."""
        if written is None:
            return
        for name, value in self._values.items():
            if _base(value) is _base(written):
                self._values[name] = caller.carry_out(torch.clone, (value,), {})

    def _value(self, caller: _Caller, name: str) -> Tensor:
        if name not in self._values:
            if name not in self._plan.inserted:
                raise ValueError(f"rewriting: '{name}' must be made before it is read")
            self._values[name] = self._run(caller, *self._plan.inserted[name])
        return self._values[name]

    def _run(self, caller: _Caller, run: _Run, inputs: Sequence[str]) -> Tensor:
        first = self._value(caller, inputs[0])
        others = [
            self._parameters[one].to(first.dtype) if one in self._parameters else self._value(caller, one)
            for one in inputs[1:]
        ]
        return run(caller, first, others)


def _base(tensor: Tensor) -> Tensor:
    return tensor if tensor._base is None else tensor._base
