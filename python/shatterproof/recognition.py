# SPDX-License-Identifier: Apache-2.0
"""Modules that write a known operation out in arithmetic, seen as that operation."""

from __future__ import annotations

from dataclasses import replace

from torch import nn

from .graph import Graph, Node

#: Endings of class names, and the operator that such a module is when it maps one value to one.
_KINDS = (
    ("RMSNorm", "LayerNormalization"),
    ("LayerNorm", "LayerNormalization"),
    ("GELUActivation", "Gelu"),
    ("GELU", "Gelu"),
    ("Mish", "Mish"),
)


def _operator_of(module: nn.Module) -> str | None:
    if type(module).__module__.startswith("torch.nn"):
        return None
    name = type(module).__name__
    return next((op for ending, op in _KINDS if name.endswith(ending)), None)


def recognized(graph: Graph, model: nn.Module) -> Graph:
    """The graph with each pass through such a module as one node."""
    operators = {path: op for path, module in model.named_modules() if (op := _operator_of(module)) is not None}
    if not operators:
        return graph
    nodes: list[Node] = []
    run: list[Node] = []
    for node in [*graph.nodes, None]:
        if run and (node is None or node.module != run[0].module):
            nodes += _joined(run, operators[run[0].module], graph)
            run = []
        if node is None:
            break
        if node.module in operators:
            run.append(node)
        else:
            nodes.append(node)
    return replace(graph, nodes=nodes)


def _joined(run: list[Node], op: str, graph: Graph) -> list[Node]:
    """The nodes as one, when one value enters and only the last one's is read elsewhere."""
    own = {value for node in run for value in node.outputs}
    entering = {
        value for node in run for value in node.inputs if value and value not in own and value not in graph.parameters
    }
    members = {id(node) for node in run}
    read_elsewhere = {value for node in graph.nodes if id(node) not in members for value in node.inputs if value in own}
    read_elsewhere |= own.intersection(graph.outputs)
    last = run[-1]
    if len(run) == 1 or len(entering) != 1 or not read_elsewhere <= set(last.outputs) or last.call is None:
        return run
    (value,) = entering
    first = next(node for node in run if value in node.inputs)
    if first.call is None or first.inputs[0] != value:
        return run
    name = run[0].module
    joined = replace(
        last,
        name=name if not any(node.name == name for node in graph.nodes) else last.name,
        op=op,
        inputs=[value],
        attributes={},
        function=op.lower(),
        known=True,
        first_call=first.call,
    )
    return [joined]
