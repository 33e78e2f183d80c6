# SPDX-License-Identifier: Apache-2.0
"""Remedies as a reviewer would write them: at the line that makes a layer, calls it or ends the model's ``__init__``.

Each is written everywhere or not at all: half of a change is another change than the one that was measured.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from .branches import scaled_branches
from .draws import redrawn, scaled_layer
from .norms import added_norms
from .rectifiers import replaced_nonlinearities
from .source_text import Edit, Written

if TYPE_CHECKING:
    from .report import Remedy, Report

#: Of each kind of remedy what writes it; empty, or an error, where it is not certain that all of it, and nothing else,
#: is written.
_WRITERS: dict[str, Callable[[Report, Remedy], Written]] = {
    "scale_branches": scaled_branches,
    "redraw": redrawn,
    "add_norm": added_norms,
    "replace_nonlinearity": replaced_nonlinearities,
    "scale_layer": scaled_layer,
}


def edits_of(report: Report, remedy: Remedy) -> list[Edit]:
    """What writes a remedy, everywhere where it has to be; else empty."""
    writer = _WRITERS.get(remedy["kind"])
    if writer is None or report.graph is None:
        return []
    try:
        written = writer(report, remedy)
        edits = [text.edits([c for t, c in written if t is text]) for text in dict.fromkeys(t for t, _ in written)]
    except Exception:  # UnclearError, or whatever stands in a user's file: the report is told without the line
        return []
    return [edit for own in edits for edit in own] if all(edits) else []
