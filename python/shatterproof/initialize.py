# SPDX-License-Identifier: Apache-2.0
"""Initializers written into the parameters of a module."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn

from . import _native
from .examples import Examples
from .graph import Graph, Node
from .live_model import LiveModel, checked_model
from .parameters import written_into
from .untouched import untouched


def init_(model: nn.Module, scheme: str, batch: Any = None, *, seed: int = 1) -> list[str]:
    """Draws new initial weights into a module's parameters, in place.

    Parameters
    ----------
    model
        The module.
    scheme
        As ``shatterproof list initializers`` names them: ``"orthogonal:gain=1"``, ``"looks_linear"``,
        ``"delta_orthogonal"``, ...
    batch
        What the module is called with. Schemes that depend on how layers are joined (``looks_linear``) need it;
        without it every linear and convolutional layer is drawn by itself.
    seed
        Element i of a weight is a function of the seed, the parameter's name and i alone.

    Returns
    -------
    list of str
        What of the weights is not as the scheme's name promises, a line each.

    Raises
    ------
    ValueError
        When scheme or options are unknown, or the scheme needs a batch.
    """
    module = checked_model(model)
    if batch is None:
        if scheme.partition(":")[0] == "looks_linear":
            raise ValueError("init_: looks_linear depends on how layers are joined, give a batch; got none")
        graph = _layers_alone(module)
    else:
        trainable = {name for name, parameter in module.named_parameters() if parameter.requires_grad}
        with untouched(module) as weights:
            graph = LiveModel(module, Examples(module, batch), weights, trainable).graph
    return draw_into(module, graph, scheme, seed)


def draw_into(model: nn.Module, graph: Graph, scheme: str, seed: int) -> list[str]:
    """Draws weights for the graph's layers and writes them into the module's parameters."""
    drawn, notes = _native.initialized(graph, scheme, seed)
    kept = written_into(model, drawn)
    if kept:
        notes = [*notes, f"kept, being computed from parameters: {', '.join(kept)}"]
    return list(notes)


_CONVOLUTIONS = (nn.Conv1d, nn.Conv2d, nn.Conv3d)
_NORMALIZATIONS = {
    nn.LayerNorm: "LayerNormalization",
    nn.GroupNorm: "GroupNormalization",
    nn.BatchNorm1d: "BatchNormalization",
    nn.BatchNorm2d: "BatchNormalization",
    nn.BatchNorm3d: "BatchNormalization",
}


def _layers_alone(model: nn.Module) -> Graph:
    """A graph in which every layer reads the input: enough to know the fans of its weights."""
    start = torch.empty(2, 1)
    graph = Graph({"input": start}, {}, {name for name, _ in model.named_parameters()}, [], [])
    for path, module in model.named_modules():
        prefix = f"{path}." if path else ""
        if isinstance(module, nn.Linear):
            node = Node(path or "linear", "Gemm", ["input"], [], {"transB": 1})
        elif isinstance(module, _CONVOLUTIONS):
            node = Node(path or "conv", "Conv", ["input"], [], {"group": module.groups})
        elif type(module) in _NORMALIZATIONS and getattr(module, "weight", None) is not None:
            node = Node(path or "norm", _NORMALIZATIONS[type(module)], ["input"], [])
        elif isinstance(module, nn.Embedding):
            node = Node(path or "embedding", "Gather", [], [])
        else:
            continue
        for key in ("weight", "bias"):
            parameter = getattr(module, key, None)
            if isinstance(parameter, Tensor):
                graph.parameters[prefix + key] = parameter.detach()
                node.inputs.append(prefix + key)
        if node.op == "Gather":
            node.inputs.append("input")
        node.outputs = [node.name if node.name != "input" else "input_"]
        graph.nodes.append(node)
        graph.outputs.append(node.outputs[0])
    return graph
