# SPDX-License-Identifier: Apache-2.0
"""Other numbers written into a model's weights, behind the statement that makes it."""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING

from torch import nn

from .graph import Node
from .model_maker import ModelMaker, is_made_with_the_model, maker_of_model, type_of
from .source_text import Written

if TYPE_CHECKING:
    from .report import Remedy, Report

#: Whose weights PyTorch's functions draw with the fans that the library's have; transposed convolutions have others.
_DRAWN_LAYERS = (nn.Linear, nn.Conv1d, nn.Conv2d, nn.Conv3d)
_LAYERS = (*_DRAWN_LAYERS, nn.ConvTranspose1d, nn.ConvTranspose2d, nn.ConvTranspose3d)

#: What draws a weight as a scheme of the library does: the function, and what it is told besides.
_SCHEMES = {
    "he": ("kaiming_normal_", ', nonlinearity="relu"'),
    "lecun": ("kaiming_normal_", ', nonlinearity="linear"'),
    "glorot": ("xavier_normal_", ""),
}


def _layers_of(report: Report) -> list[Node]:
    """Nodes that multiply by a weight, one for each layer, in their order; empty where one is not known."""
    assert report.graph is not None
    found: dict[int, Node] = {}
    for record in next((one["nodes"] for one in report.records if one["kind"] == "graph"), []):
        node = report.graph.node(record["name"]) if record.get("layer") else None
        if node is not None:
            found.setdefault(record["layer"], node)
        elif record.get("layer"):
            return []
    return [found[number] for number in sorted(found)] if sorted(found) == list(range(1, len(found) + 1)) else []


def _is_plain(report: Report, node: Node, kinds: tuple[type, ...]) -> bool:
    """Whether a layer is a module of PyTorch's with parameters of its own, there from the beginning.

    Not one that is computed of others, belongs to another module too, or does not learn.
    """
    assert report.graph is not None
    names = [f"{node.module}.{name}" if node.module else name for name in ("weight", "bias")]
    used = [name for name in node.inputs[1:3] if name]
    is_own = used == names[: len(used)] and bool(used) and report.graph.trainable.issuperset(used)
    return is_own and type_of(report, node.module) in kinds and is_made_with_the_model(report, node.module)


def _maker_of(report: Report) -> ModelMaker | None:
    """Where the model is made with the numbers that it was checked with; ``None`` where those came later."""
    made = maker_of_model(report)
    return made if made is not None and not report.is_trained and "Lazy" not in made.text.source.text else None


def redrawn(report: Report, remedy: Remedy) -> Written:
    """All weights drawn by a scheme, and no biases, as the library draws them."""
    return drawing(report, remedy.get("scheme", "")) if not remedy.get("layers") else []


def drawing(report: Report, scheme: str) -> Written:
    """A loop over the model's layers that draws their weights."""
    assert report.graph is not None
    made, layers = _maker_of(report), _layers_of(report)
    found = _function_of(scheme, layers)
    if made is None or found is None or not layers:
        return []
    if not all(_is_plain(report, node, _DRAWN_LAYERS) for node in layers) or _has_drawn_table(report):
        return []
    kinds = {kind for node in layers if (kind := type_of(report, node.module)) is not None}
    meant = {node.module for node in layers}
    if meant != {path for path, kind in report.graph.types.items() if issubclass(kind, tuple(kinds))}:
        return []  # the loop would meet others too
    line, module = made.last.lineno, made.free_name()
    function, options = found
    said = [made.text.imports.spoken(f"torch.nn.{name}", line) for name in sorted(kind.__name__ for kind in kinds)]
    draw, zero = (made.text.imports.spoken(f"torch.nn.init.{name}", line) for name in (function, "zeros_"))
    if module is None or draw is None or zero is None or None in said:
        return []
    of_kinds = f"({', '.join(map(str, said))})" if len(said) > 1 else said[0]
    lines = [
        f"for {module} in {made.name}.modules():",
        f"    if isinstance({module}, {of_kinds}):",
        f"        {draw}({module}.weight{options})",
    ]
    with_bias = [len(node.inputs) > 2 and bool(node.inputs[2]) for node in layers]
    if all(with_bias):
        lines.append(f"        {zero}({module}.bias)")
    elif any(with_bias):
        lines += [f"        if {module}.bias is not None:", f"            {zero}({module}.bias)"]
    return [(made.text, made.below(lines))]


def _function_of(scheme: str, layers: list[Node]) -> tuple[str, str] | None:
    gain = re.fullmatch(r"orthogonal:gain=(\d+(?:\.\d+)?(?:e[+-]?\d+)?)", scheme)
    if gain is None:
        return _SCHEMES.get(scheme)
    # Each group is a map of its own.
    grouped = any(node.attributes.get("group", 1) != 1 for node in layers)
    return ("orthogonal_", f", gain={gain[1]}") if not grouped else None


def _has_drawn_table(report: Report) -> bool:
    """Whether the scheme draws an embedding too."""
    assert report.graph is not None
    return any(node.op == "Gather" and node.inputs[0] in report.graph.trainable for node in report.graph.nodes)


def scaled_layer(report: Report, remedy: Remedy) -> Written:
    """The weights of some layers, or of the last, times a number."""
    made, layers = _maker_of(report), _layers_of(report)
    factor = float(remedy["value"])
    if made is None or not layers or not math.isfinite(factor):
        return []
    first, last = remedy.get("layers") or (len(layers), len(layers))
    scaled = layers[first - 1 : last]
    said = [made.said(report, node.inputs[1]) if _is_plain(report, node, _LAYERS) else None for node in scaled]
    without = made.text.imports.spoken("torch.no_grad", made.last.lineno)
    if without is None or None in said or len(said) != last - first + 1 or len(set(said)) != len(said):
        return []
    lines = [f"with {without}():", *(f"    {weight}.mul_({factor:.3g})" for weight in said)]
    return [(made.text, made.below(lines))]
