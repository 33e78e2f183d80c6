# SPDX-License-Identifier: Apache-2.0
"""Makes a graph of a forward pass while it runs."""

from __future__ import annotations

import os
import re
import weakref
from collections.abc import Mapping, Sequence
from typing import Any

import torch
from torch import Tensor, nn

from .arguments import tensors_in
from .follower import Follower
from .graph import Graph, Line, Node
from .operators import (
    TABLE,
    is_moving_derivative,
    name_of,
    operation_of,
    sources_of,
    stem_of,
    writes_in_place,
)
from .parameters import GATES, joint_biases, joint_name
from .readers import OPAQUE, Attribute, Operation
from .rewriting import Rewriting
from .sources import Place, Run
from .substitutes import RECURRENT, BatchStatistics, ratio_of_dropout
from .traced_weights import Names, TracedWeights
from .untouched import Untouched

_SEEN_WITHOUT_OPERATOR = frozenset({"scaled_dot_product_attention"})


def _masking_of(args: Sequence[Any], kwargs: Mapping[str, Any]) -> dict[str, Attribute]:
    """What a call of PyTorch's attention says beside its tensors, in ONNX's words."""
    attributes: dict[str, Attribute] = {"is_causal": int(args[5] if len(args) > 5 else kwargs.get("is_causal", False))}
    if kwargs.get("scale") is not None:
        attributes["scale"] = float(kwargs["scale"])
    return attributes


def _is_one_layer(module: nn.Module | None) -> bool:
    """Whether a module of PyTorch's makes one layer, for which its path is name enough."""
    if module is None or not type(module).__module__.startswith("torch.nn"):
        return False
    return next(module.children(), None) is None and not isinstance(module, nn.MultiheadAttention)


class Tracer(Follower):
    """Follows one forward pass and keeps what it was.

    Values are told apart by the identity of their tensors; what no function was seen to make (autograd functions,
    scripted code) is found by its derivative.

    Parameters
    ----------
    model
        Whose pass it is.
    inputs
        Tensors that depend on the example, by name, as the model gets them.
    rewriting
        What makes the pass that of another graph.

    Attributes
    ----------
    called
        Names of the functions called.
    dropouts
        Which part of its numbers each dropout drops in training, and where it is called.
    """

    def __init__(
        self,
        model: nn.Module,
        inputs: Mapping[str, Tensor],
        statistics: BatchStatistics,
        weights: Untouched,
        rewriting: Rewriting | None = None,
    ) -> None:
        rewritten = rewriting.begun() if rewriting is not None else None
        super().__init__(statistics, weights, rewritten=rewritten)
        self.called: list[str] = []
        self.dropouts: list[tuple[float, str]] = []
        self.nodes: list[Node] = []
        self.run = Run()
        self._names = Names()
        self._modules = {
            id(module): path for path, module in reversed(list(model.named_modules(remove_duplicate=False)))
        }
        self._values: dict[int, tuple[weakref.ref[Tensor], str]] = {}
        self._derivatives: dict[tuple[Any, int], str] = {}
        self._inputs = dict(inputs)
        for name, tensor in inputs.items():
            self._remember(tensor, self._names.unique(name))
        self._read_at: dict[int, tuple[Tensor, Line | None]] = {}
        self._stands_for: dict[str, set[str]] = {}
        inserted = rewriting.parameters.items() if rewriting is not None else ()
        own = [*model.named_buffers(), *model.named_parameters(), *inserted]
        self._traced = TracedWeights(own, self._names)

    def graph(self, outputs: Sequence[Tensor], model: nn.Module, trainable: set[str]) -> Graph:
        """What was followed, ending in these tensors."""
        ends = [self._value_of(tensor) for tensor in outputs]
        own = self._traced.own
        stood_for = {name for owns in self._stands_for.values() for name in owns if own[name].dim() == 1}
        for name, tensor in model.named_parameters():
            self._traced.used.setdefault(name, tensor.detach())
        joint = {name for name, owns in self._stands_for.items() if owns & trainable}
        outputs_found = [end for end in ends if end is not None]
        types = {path: type(module) for path, module in model.named_modules(remove_duplicate=False)}
        kept = (trainable - stood_for) | joint
        return Graph(self._inputs, self._traced.used, kept, self._leading_to(outputs_found), outputs_found, types)

    def as_read(self, weights: Sequence[nn.Parameter]) -> list[tuple[nn.Parameter, Line | None]]:
        """Parameters that are none of the model's, in the order in which the pass reads them, and from what lines."""
        order = {key: place for place, key in enumerate(self._read_at)}
        ordered = sorted(weights, key=lambda weight: order.get(id(weight), len(order)))
        return [(weight, self._read_at.get(id(weight), (weight, None))[1]) for weight in ordered]

    def depends_on_input(self, tensor: Tensor) -> bool:
        """Whether a tensor was made from the inputs."""
        return self._value_of(tensor) is not None

    def require_rewritten(self) -> None:
        """Raises ``ValueError`` where the pass was not that of the graph asked for."""
        left_out = self._rewritten.left_out() if self._rewritten is not None else []
        if left_out:
            raise ValueError(f"rewriting: every node must read what the graph says; {', '.join(left_out)} did not")

    def _leading_to(self, outputs: Sequence[str]) -> list[Node]:
        """The nodes on which these values depend."""
        wanted = set(outputs)
        kept = []
        for node in reversed(self.nodes):
            if not wanted.isdisjoint(node.outputs):
                wanted.update(node.inputs)
                kept.append(node)
        return kept[::-1]

    def seen(self, call: int, function: Any, args: Sequence[Any], kwargs: Mapping[str, Any], result: Any) -> Any:
        """Adds a node when the call depends on the inputs."""
        name = name_of(function)
        self.called.append(name)
        operation = operation_of(function, args, kwargs)
        tensors = sources_of(function, args, kwargs)
        results = tensors_in(result)
        # What runs without derivatives is a constant of them, or the inside of a function that autograd knows.
        if not torch.is_grad_enabled():
            return result
        for weight in tensors:
            is_unlisted = isinstance(weight, nn.Parameter) and self._traced.name_of(weight) is None
            if is_unlisted and id(weight) not in self._read_at:
                place = Place(self._modules)
                self._read_at[id(weight)] = (weight, place.caller or place.source)
        if not any(self._value_of(tensor) for tensor in tensors):
            self._traced.derive(tensors, results)
            return result
        if name == "embedding" and not result.requires_grad:  # derivatives start here
            result = result.detach().requires_grad_(True).clone()
            results = [result]
        place = Place(self._modules, self.run if self._rewritten is None else None)
        if name in RECURRENT:
            node = self._recurrent(name, args, results, place)
        else:
            node = self._node(name, operation, tensors, place)
            if name in _SEEN_WITHOUT_OPERATOR:
                node.attributes = _masking_of(args, kwargs)
        node.call = call
        node.outputs = self._outputs(node, results, writes_in_place(name, kwargs))
        node.shape = list(results[0].shape)
        self.nodes.append(node)
        return result

    def dropped(self, function: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """Its operand; what would be dropped of it is kept in mind."""
        place = Place(self._modules)
        line = place.caller or place.source
        told = place.module or stem_of(name_of(function))
        if line is not None:
            told += f" ({os.path.basename(line.file)}:{line.number})"
        trains = id(place.instance) in self._weights.in_training
        self.dropouts.append((ratio_of_dropout(args, kwargs, trains), told))
        return super().dropped(function, args, kwargs)

    def _node(self, function: str, operation: Operation | None, tensors: list[Tensor], place: Place) -> Node:
        node = self._new(function, place)
        if operation is None:
            operation = Operation(OPAQUE, list(tensors))
            node.known = function in _SEEN_WITHOUT_OPERATOR
        operands = list(operation.operands)
        present = {id(tensor) for tensor in operands if tensor is not None}
        operands += [t for t in tensors if id(t) not in present and self._value_of(t) is not None]
        node.op = operation.op
        node.attributes = dict(operation.attributes)
        if operation.op == "Gather" and function != "embedding":
            operands = self._values_only(operands)
        node.inputs = [self._input(operand, node.name) for operand in operands]
        return node

    def _values_only(self, operands: list[Tensor | None]) -> list[Tensor | None]:
        return [t for t in operands if t is not None and self._value_of(t) is not None]

    def _recurrent(self, function: str, args: Sequence[Any], results: list[Tensor], place: Place) -> Node:
        node = self._new(function, place)
        node.op = {"lstm": "LSTM", "gru": "GRU"}.get(function, "RNN")
        packed = not isinstance(args[3], bool)  # data, batch sizes, states, weights, ...
        weights, states = (args[3], args[2]) if packed else (args[2], args[1])
        both_ways, batch_first = (bool(args[8]), False) if packed else (bool(args[7]), args[8] is True)
        directions = 2 if both_ways else 1
        if both_ways:
            node.attributes["direction"] = "bidirectional"
        node.inputs = [self._input(args[0], node.name)]
        for weight in weights[:2]:
            name = self._traced.name_of(weight) or self._names.unique(node.name + ".weight")
            if both_ways:  # no parameter of the model's: the way back has one of its own
                name = self._names.unique(f"{name} both ways")
            self._traced.used[name] = weight.detach().unsqueeze(0).expand(directions, *weight.shape)
            node.inputs.append(name)
        has_biases = args[4] if packed else args[3]
        node.inputs += [self._joint(weights, GATES[node.op], both_ways) if has_biases is True else "", ""]
        node.inputs += [self._value_of(state) or "" for state in tensors_in(states)]
        if not packed:
            node.recurrent = (directions, batch_first)
        return node

    def _joint(self, weights: Sequence[Tensor], gates: int, both_ways: bool) -> str:
        """The biases of a recurrent layer as the one parameter that ONNX's node has."""
        names = [self._traced.name_of(bias) for bias in weights[2:4]]
        if len(names) < 2 or names[0] is None or names[1] is None:
            return ""
        name = joint_name((names[0], names[1]))
        value = joint_biases((weights[2].detach(), weights[3].detach()), gates)
        if both_ways:
            name = self._names.unique(f"{name} both ways")
        own = map(self._traced.name_of, weights)
        self._stands_for[name] = {n for n in own if n is not None and n in self._traced.own}
        self._traced.used[name] = value.expand(2 if both_ways else 1, -1)
        return name

    def _new(self, function: str, place: Place) -> Node:
        path = place.module or ""
        stem = stem_of(function) if function != "normalized" else "batch_norm"
        base = path if path and _is_one_layer(place.instance) else f"{path}.{stem}" if path else stem
        return Node(
            self._names.unique(base),
            OPAQUE,
            [],
            [],
            function=stem,
            module=path,
            source=place.source,
            caller=place.caller,
            span=place.span,
        )

    def _outputs(self, node: Node, results: list[Tensor], in_place: bool) -> list[str]:
        names = []
        for i, tensor in enumerate(results):
            name = node.name if i == 0 else self._names.unique(f"{node.name}:{i}")
            names.append(name)
            self._remember(tensor, name)
            if in_place and tensor._base is not None:
                self._remember(tensor._base, name)
        return names

    def _remember(self, tensor: Tensor, name: str) -> None:
        self._values[id(tensor)] = (weakref.ref(tensor), name)
        if tensor.grad_fn is not None:
            self._derivatives[(tensor.grad_fn, tensor.output_nr)] = name

    def _value_of(self, tensor: Tensor) -> str | None:
        known = self._values.get(id(tensor))
        if known is not None and known[0]() is tensor:
            return known[1]
        if tensor.grad_fn is None or self._traced.name_of(tensor) is not None:
            return None
        name = self._found(tensor.grad_fn, tensor.output_nr)
        if name is not None:
            self._remember(tensor, name)
        return name

    def _found(self, derivative: Any, output: int) -> str | None:
        """The value that a derivative belongs to; nodes are made for those in between."""
        known = self._derivatives.get((derivative, output))
        if known is not None:
            return known
        inputs = [self._found(before, number) for before, number in derivative.next_functions if before is not None]
        inputs = [name for name in inputs if name is not None]
        if not inputs:
            return None
        place = Place(self._modules)
        function = re.sub(r"Backward\d*$", "", derivative.name().split("::")[-1])
        stem = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", function).lower()
        node = self._new(stem, place)
        if is_moving_derivative(function):
            node.op = "Identity"
        elif stem in TABLE:
            node.op = TABLE[stem]([], {}).op
        else:
            node.known = False
        node.inputs = [name for name in inputs if name is not None]
        node.outputs = [node.name]
        self.nodes.append(node)
        self._derivatives[(derivative, output)] = node.name
        return node.name

    def _input(self, tensor: Tensor | None, node: str) -> str:
        if tensor is None or not isinstance(tensor, Tensor):
            return ""
        return self._value_of(tensor) or self._traced.read(tensor, node)
