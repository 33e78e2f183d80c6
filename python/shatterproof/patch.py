# SPDX-License-Identifier: Apache-2.0
"""Edits of the user's sources that are remedies of one line."""

from __future__ import annotations

import ast
import difflib
import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .graph import Line, Node

if TYPE_CHECKING:
    from .report import Finding, Report


@dataclass(frozen=True)
class Edit:
    """A line of the user's sources as it is and as it should be."""

    line: Line
    before: str
    after: str


def edits_for(report: Report, finding: Finding) -> list[Edit]:
    """Edits of one line each that are a finding's remedies; empty when none of them is one."""
    factor = next((r.get("value") for r in finding.remedies if r["kind"] == "scale_branches"), None)
    if factor is None or report.graph is None:
        return []
    found: dict[Line, Edit] = {}
    for node, branch in residual_sums(report):
        line = node.caller or node.source
        if line is not None and line not in found:
            edit = scaled_branch(line, branch, float(factor))
            if edit is not None:
                found[line] = edit
    return list(found.values())


def patch_of(report: Report, root: Path) -> str:
    """A unified diff for the report's remedies; empty when none of them is an edit of one line."""
    edits: dict[str, dict[int, str]] = {}
    for finding in report.findings:
        for edit in edits_for(report, finding):
            edits.setdefault(edit.line.file, {})[edit.line.number] = edit.after
    return "".join(_diff(file, lines, root) for file, lines in sorted(edits.items()))


def residual_sums(report: Report) -> list[tuple[Node, int]]:
    """The sums in which skips end, and which of a sum's inputs is the branch."""
    assert report.graph is not None
    shape = next((record for record in report.records if record["kind"] == "graph"), None)
    if shape is None:
        return []
    found = []
    for start, end in shape.get("skips", []):
        node = report.graph.node(shape["nodes"][end]["name"])
        if node is None:
            continue
        skip = shape["nodes"][start]["name"]
        makers = {value: own.name for own in report.graph.nodes for value in own.outputs}
        positions = [i for i, value in enumerate(node.inputs) if makers.get(value, value) != skip]
        if positions:
            found.append((node, positions[0]))
    return found


def scaled_branch(line: Line, branch: int, factor: float) -> Edit | None:
    """The line of a sum with its branch scaled; ``None`` when it holds no sum that can be edited.

    Parameters
    ----------
    branch
        Which operand of the sum the branch is: 0 the left one, 1 the right one.
    """
    try:
        text = Path(line.file).read_text(encoding="utf-8").splitlines()
        tree = ast.parse("\n".join(text))
    except (OSError, SyntaxError, ValueError):
        return None
    for node in ast.walk(tree):
        operand: Any = None
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add) and node.lineno == line.number:
            operand = node.left if branch == 0 else node.right
        elif (
            isinstance(node, ast.AugAssign)
            and isinstance(node.op, ast.Add)
            and node.lineno == line.number
            and branch == 1
        ):
            operand = node.value
        if operand is None or operand.lineno != line.number or operand.end_lineno != line.number:
            continue
        source = text[line.number - 1]
        raw = source.encode()
        first, last = operand.col_offset, operand.end_col_offset
        inner = raw[first:last].decode()
        if isinstance(operand, ast.BinOp) and isinstance(operand.op, (ast.Add, ast.Sub)):
            inner = f"({inner})"
        return Edit(line, source, raw[:first].decode() + f"{factor:.3g} * {inner}" + raw[last:].decode())
    return None


def _diff(file: str, edited: dict[int, str], root: Path) -> str:
    before = Path(file).read_text(encoding="utf-8").splitlines(keepends=True)
    after = list(before)
    for number, text in edited.items():
        ending = before[number - 1][len(before[number - 1].rstrip("\r\n")) :]
        after[number - 1] = text + ending
    name = os.path.relpath(file, root)
    return "".join(difflib.unified_diff(before, after, f"a/{name}", f"b/{name}"))
