# SPDX-License-Identifier: Apache-2.0
"""Residual branches scaled where their sums are written."""

from __future__ import annotations

import ast
import math
from typing import TYPE_CHECKING

from .graph import Node
from .source_text import Change, SourceText, Written

if TYPE_CHECKING:
    from .report import Remedy, Report

#: What a factor in front binds to as a whole.
_ATOMS = (ast.Name, ast.Attribute, ast.Call, ast.Subscript)


def scaled_branches(report: Report, remedy: Remedy) -> Written:
    """Every branch times a number, where it enters the sum that it ends in."""
    assert report.graph is not None
    branches = _residual_sums(report)
    factor = float(remedy["value"])
    if not branches or remedy.get("scheme") or remedy.get("layers") or not math.isfinite(factor):
        return []
    written: Written = []
    for node in report.graph.nodes:
        branch = branches.get(node.name)
        if branch is None:
            continue
        # One expression makes the sums of all blocks that run it: each must be meant, and on the same side.
        here = [one.name for one in report.graph.nodes if (one.span, one.source) == (node.span, node.source)]
        found = _operand(report, node, branch)
        if found is None or any(branches.get(name) != branch for name in here):
            return []
        text, operand = found
        by = f"{factor:.3g} * "
        change = Change(operand, by) if isinstance(operand, _ATOMS) else Change(operand, by + "(", ")")
        written.append((text, change))
    return written if len(written) == len(branches) else []


def _residual_sums(report: Report) -> dict[str, int]:
    """By the name of every node in which a skip ends, which of its inputs is the branch; empty if one is unclear."""
    assert report.graph is not None
    makers = {value: own.name for own in report.graph.nodes for value in own.outputs}
    found: dict[str, int] = {}
    for shape in [record for record in report.records if record["kind"] == "graph"][:1]:
        for start, end in shape.get("skips", []):
            node, skip = report.graph.node(shape["nodes"][end]["name"]), shape["nodes"][start]["name"]
            others = [i for i, v in enumerate(node.inputs) if makers.get(v, v) != skip] if node is not None else []
            if node is None or len(node.inputs) != 2 or len(others) != 1 or node.name in found:
                return {}
            found[node.name] = others[0]
    return found


def _operand(report: Report, node: Node, branch: int) -> tuple[SourceText, ast.expr] | None:
    """What is added in a sum that the user wrote with a plus."""
    assert report.graph is not None
    if node.span is None or node.source is None or node.call is None or node.op != "Add":
        return None
    text = SourceText.of_traced(report.graph, node.source.file)
    found = text.at(node.span) if text is not None else None
    if text is None or node.function not in ("add", "iadd"):
        return None
    if isinstance(found, ast.BinOp) and isinstance(found.op, ast.Add):
        return text, (found.left, found.right)[branch]
    if isinstance(found, ast.AugAssign) and isinstance(found.op, ast.Add) and branch == 1:
        return text, found.value
    return None
