# SPDX-License-Identifier: Apache-2.0
"""Remedies written into the user's sources."""

from __future__ import annotations

import difflib
import os
from pathlib import Path
from typing import TYPE_CHECKING

from .edits import edits_of
from .source_file import SourceFile
from .source_text import Edit

if TYPE_CHECKING:
    from .report import Finding, Report

#: What the names in a patch may not have: ``patch`` would read others.
_UNSAID_IN_NAMES = frozenset('\n\r\t"\\')


def edits_for(report: Report, finding: Finding) -> list[Edit]:
    """What writes the first of a finding's remedies that can be written; empty when none can."""
    for remedy in finding.remedies:
        edits = edits_of(report, remedy)
        if edits:
            return edits
    return []


def patch_of(report: Report, root: Path) -> str:
    """A unified diff of the first advice that can be written; empty when none can.

    Others are left for the next check: what they do besides this one nobody has measured.
    """
    for finding in report.findings:
        edited: dict[str, dict[int, Edit]] = {}
        for edit in edits_for(report, finding):
            edited.setdefault(edit.line.file, {})[edit.line.number] = edit
        diffs = [_diff(file, edits, root) for file, edits in sorted(edited.items())]
        if diffs and all(diffs):
            return "".join(diffs)
    return ""


def _diff(file: str, edited: dict[int, Edit], root: Path) -> str:
    """Empty where ``patch -p1`` within the root would not make these edits and no others."""
    source = SourceFile.of(file)
    name = os.path.relpath(os.path.realpath(file), os.path.realpath(root))
    if source is None or not source.on_disk or name.startswith(os.pardir) or not _UNSAID_IN_NAMES.isdisjoint(name):
        return ""
    before = source.text.split("\n")
    after = list(before)
    for number, edit in edited.items():
        line = before[number - 1]
        if line.removesuffix("\r") != edit.before:
            return ""
        ending = "\r" if line.endswith("\r") else ""
        after[number - 1] = (edit.after + ending).replace("\n", ending + "\n")
    name += "\t" if " " in name else ""  # else the name would end at the blank
    lines = difflib.unified_diff(_ended(before), _ended("\n".join(after).split("\n")), f"a/{name}", f"b/{name}")
    return "".join(line if line.endswith("\n") else line + "\n\\ No newline at end of file\n" for line in lines)


def _ended(lines: list[str]) -> list[str]:
    """Lines with the newlines between them."""
    *ended, last = lines
    return [line + "\n" for line in ended] + ([last] if last else [])
