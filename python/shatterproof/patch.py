# SPDX-License-Identifier: Apache-2.0
"""Remedies written into the user's sources."""

from __future__ import annotations

import difflib
import os
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .source_text import Edit
from .written import WRITERS

if TYPE_CHECKING:
    from .report import Finding, Report


def edits_for(report: Report, finding: Finding) -> list[Edit]:
    """What writes the first of a finding's remedies that can be written; empty when none can."""
    for remedy in finding.remedies:
        edits = edits_of(report, remedy)
        if edits:
            return edits
    return []


def edits_of(report: Report, remedy: Mapping[str, Any]) -> list[Edit]:
    """What writes a remedy, everywhere where it has to be; else empty."""
    writer = WRITERS.get(remedy["kind"])
    return writer(report, remedy) if writer is not None and report.graph is not None else []


def patch_of(report: Report, root: Path) -> str:
    """A unified diff of the first advice that can be written; empty when none can.

    Others are left for the next check: what they do besides this one nobody has measured.
    """
    for finding in report.findings:
        edits = edits_for(report, finding)
        if not edits or not all(Path(edit.line.file).is_file() for edit in edits):
            continue
        edited: dict[str, dict[int, str]] = {}
        for edit in edits:
            edited.setdefault(edit.line.file, {})[edit.line.number] = edit.after
        return "".join(_diff(file, lines, root) for file, lines in sorted(edited.items()))
    return ""


def _diff(file: str, edited: dict[int, str], root: Path) -> str:
    with open(file, encoding="utf-8", newline="") as opened:
        before = opened.read().splitlines(keepends=True)
    after: list[str] = []
    for number, line in enumerate(before, 1):
        ending = line[len(line.rstrip("\r\n")) :] or "\n"
        after += [one + ending for one in edited[number].split("\n")] if number in edited else [line]
    name = os.path.relpath(file, root)
    lines = difflib.unified_diff(before, after, f"a/{name}", f"b/{name}")
    return "".join(line if line.endswith("\n") else line + "\n\\ No newline at end of file\n" for line in lines)
