# SPDX-License-Identifier: Apache-2.0
"""What was measured, and what it means."""

from __future__ import annotations

import json
import os
import textwrap
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from . import _native
from .graph import Graph, Line

Record = dict[str, Any]
Remedy = Mapping[str, Any]

_WIDTH = 100
_MOST_REASONS, _MOST_NAMES = 5, 3  # of what was skipped


@dataclass(frozen=True)
class Finding:
    """What a rule found.

    Attributes
    ----------
    id, severity
        The rule; ``"info"``, ``"watch"`` or ``"critical"``.
    headline, why, next
        The symptom with its number, why it hurts, and what to change.
    layers
        First and last, counted from 1 at the input; ``None`` when it concerns none in particular.
    modules
        Names of the first and the last of these layers; empty without layers.
    source
        The line of the user's sources that it points at, where one is known.
    evidence
        The numbers it rests on.
    remedies
        The changes suggested, as data: docs/results_format.md.
    """

    id: str
    severity: str
    headline: str
    why: str
    next: str
    layers: tuple[int, int] | None
    modules: tuple[str, ...]
    source: Line | None
    evidence: Mapping[str, Record]
    remedies: tuple[Mapping[str, Any], ...] = ()


class Report:
    """The results of a check or of measurements.

    Parameters
    ----------
    lines
        A results file (docs/results_format.md) as text.
    graph
        The pass of the model that was looked at; ``None`` for a network of the library.
    weights, is_trained, rehearsal, remarks
        See below.

    Attributes
    ----------
    weights
        Whether own weights are initial or trained ones, and what of their numbers says so.
    is_trained
        Whether a training has moved them, as far as their numbers or the caller say.
    rehearsal
        How the model fared when it was asked to fit one batch by heart; empty when it was not.
    remarks
        What is to be said of the model beside all findings.
    """

    def __init__(
        self,
        lines: str,
        graph: Graph | None = None,
        *,
        weights: str = "",
        is_trained: bool = False,
        rehearsal: str = "",
        remarks: Sequence[str] = (),
    ) -> None:
        self.records: list[Record] = [json.loads(line) for line in lines.splitlines() if line.strip()]
        for coverage in self._of_kind("coverage")[-1:] if remarks else ():
            coverage["approximated"] = [*coverage.get("approximated", []), *remarks]
        self.graph = replace(graph, inputs={}, parameters={}) if graph is not None else None
        self.weights, self.is_trained, self.rehearsal = weights, is_trained, rehearsal
        self.remarks = list(remarks)
        self._lines = _with_sources(self.records, graph) if graph is not None else lines

    def _of_kind(self, kind: str) -> list[Record]:
        return [record for record in self.records if record["kind"] == kind]

    @property
    def context(self) -> Record:
        """How everything was made."""
        return self.records[0]

    @property
    def verdict(self) -> str:
        """``"healthy"``, ``"watch"`` or ``"critical"``; empty for measurements without a check."""
        found = self._of_kind("verdict")
        return str(found[0]["verdict"]) if found else ""

    @property
    def healthy(self) -> list[str]:
        """What was checked and found fine."""
        found = self._of_kind("verdict")
        return list(found[0].get("healthy", [])) if found else []

    @property
    def findings(self) -> list[Finding]:
        """What the rules found, worst first."""
        return [self._finding(record) for record in self._of_kind("finding")]

    @property
    def readings(self) -> list[Record]:
        """What the measurements gave, with the keys of docs/results_format.md."""
        return self._of_kind("reading")

    @property
    def coverage(self) -> Record:
        """What was measured, approximated and skipped."""
        found = self._of_kind("coverage")
        return found[-1] if found else {}

    def __getitem__(self, name: str) -> Any:
        """The value of a scalar reading, or the values of a curve, by its name.

        Raises
        ------
        KeyError
            When there is no such reading, or it is undefined; the message says why.
        """
        found = [r for r in self.readings if r["name"] == name]
        if not found:
            raise KeyError(
                f"{name}: no such reading; there are {', '.join(sorted({r['name'] for r in self.readings}))}"
            )
        reading = next((r for r in found if r["type"] == "scalar" and "tap" not in r), found[0])
        if "undefined" in reading:
            raise KeyError(f"{name}: undefined, {reading['undefined']}")
        return reading["value"] if "value" in reading else reading.get("y", reading.get("values"))

    def _finding(self, record: Record) -> Finding:
        layers = (record["layers"][0], record["layers"][1]) if "layers" in record else None
        modules, source = self._place(layers)
        return Finding(
            id=record["id"],
            severity=record["severity"],
            headline=record.get("headline", ""),
            why=record.get("why", ""),
            next=record.get("next", ""),
            layers=layers,
            modules=modules,
            source=source,
            evidence=record.get("evidence", {}),
            remedies=tuple(record.get("remedies", ())),
        )

    def _place(self, layers: tuple[int, int] | None) -> tuple[tuple[str, ...], Line | None]:
        if layers is None:
            return (), None
        shapes = self._of_kind("graph")
        nodes = shapes[0]["nodes"] if shapes else []
        names = {node["layer"]: node["name"] for node in reversed(nodes) if node.get("layer")}
        found = [names[layer] for layer in dict.fromkeys(layers) if layer in names]
        source = None
        if self.graph is not None and found:
            sources = [node.caller or node.source for name in found if (node := self.graph.node(name)) is not None]
            source = sources[0] if sources else None
        return tuple(found), source

    def __str__(self) -> str:
        text = [self._heading()]
        for word, said in (("weights   ", self.weights), ("rehearsal ", self.rehearsal)):
            if said:
                text.append(_wrapped(word, said, 0))
        for finding in self.findings:
            text.append(_finding_text(finding))
            text += _edit_text(self, finding)
        if not self.findings and self.verdict:
            text.append("HEALTHY")
        text += [_wrapped("remark    ", remark, 0) for remark in self.remarks]
        if self.healthy:
            text.append(_wrapped("healthy: ", "; ".join(self.healthy), 2))
        if self.coverage:
            text.append(_wrapped("coverage  ", self._coverage_text(), 0))
        return "\n".join(text)

    __repr__ = __str__

    def _heading(self) -> str:
        context = self.context
        words = [
            context.get("network", "model"),
            context.get("inputs", ""),
            f"functional {context.get('functional', '')}",
        ]
        return "   ".join(word for word in words if word)

    def _coverage_text(self) -> str:
        coverage = self.coverage
        approximated = [one for one in coverage.get("approximated", []) if one not in self.remarks]
        words = [f"{coverage['measured']} of {coverage['nodes']} nodes measured", *approximated]
        reasons: dict[str, list[str]] = {}
        for one in coverage.get("skipped", []):
            reasons.setdefault(one["reason"], []).append(one["node"])
        for reason, nodes in list(reasons.items())[:_MOST_REASONS]:
            named = ", ".join(nodes) if len(nodes) <= _MOST_NAMES else f"{len(nodes)} nodes"
            words.append(f"{named}: {reason}")
        return "; ".join(words)

    def to_json(self, path: str | os.PathLike[str] | None = None) -> str:
        """The results file (docs/results_format.md): its text, also written to ``path`` when one is given."""
        if path is not None:
            Path(path).write_text(self._lines, encoding="utf-8")
        return self._lines

    def to_html(self, path: str | os.PathLike[str] | None = None) -> str:
        """The page that shows the results, one document that needs nothing else; also written to ``path``."""
        page = _native.html_report(self._lines, _measurement_lines())
        if path is not None:
            Path(path).write_text(page, encoding="utf-8")
        return page

    def to_frame(self) -> Any:
        """Every number of every reading as a row of a pandas data frame.

        Raises
        ------
        ImportError
            When pandas is not installed.
        """
        import pandas

        rows = []
        for reading in self.readings:
            same = {
                key: reading.get(key)
                for key in ("name", "tap", "depth", "type", "functional", "batch_norm", "undefined")
            }
            if "y" in reading:
                labels = reading.get("x_labels") or [None] * len(reading["x"])
                for x, label, y in zip(reading["x"], labels, reading["y"]):
                    rows.append({**same, "x": x, "label": label, "value": y})
            else:
                rows.append({**same, "value": reading.get("value")})
        return pandas.DataFrame(rows)

    def _repr_html_(self) -> str:
        page = self.to_html().replace("&", "&amp;").replace('"', "&quot;")
        return f'<iframe srcdoc="{page}" style="width:100%;height:60em;border:0"></iframe>'

    def patch(self, root: str | os.PathLike[str] | None = None) -> str:
        """A unified diff of the user's files for the first advice that can be written there; empty when none can.

        A scaled branch, weights drawn by another scheme, a norm, another nonlinearity, a scaled layer. It is one
        change, the one that was measured: check again before the next. Where it is not certain that the lines would
        say that and nothing else, there are none.

        Parameters
        ----------
        root
            The folder that its paths are relative to, where ``patch -p1`` is run, and which has the files; the working
            folder when left out.
        """
        from .patch import patch_of

        return patch_of(self, Path(root) if root is not None else Path.cwd())


def _with_sources(records: list[Record], graph: Graph) -> str:
    for record in records:
        if record["kind"] != "graph":
            continue
        for node in record["nodes"]:
            own = graph.node(node["name"])
            if own is not None and own.source is not None:
                node["source"] = str(own.source)
    return "".join(json.dumps(record, ensure_ascii=False, separators=(",", ":")) + "\n" for record in records)


def _finding_text(finding: Finding) -> str:
    where = []
    if finding.source is not None:
        where.append(f"{os.path.basename(finding.source.file)}:{finding.source.number}")
    if finding.modules:
        where.append(" .. ".join(finding.modules))
    lines = ["   ".join([finding.severity.upper(), finding.id, *where])]
    for word, text in (("", finding.headline), ("why   ", finding.why), ("next  ", finding.next)):
        if text:
            lines.append(_wrapped(word, text, 2))
    return "\n".join(lines)


def _edit_text(report: Report, finding: Finding) -> list[str]:
    """The first line to edit, as it is and as it should be, and how many more there are."""
    from .patch import edits_for

    edits = edits_for(report, finding)
    if not edits:
        return []
    place = f"{os.path.basename(edits[0].line.file)}:{edits[0].line.number}"
    lines = sum(max(len(edit.added), 1) for edit in edits)
    more = f"   (and {lines - 1} more: report.patch())" if lines > 1 else ""
    before, after = edits[0].before.strip(), edits[0].after.split("\n")[0].strip()
    change = f"+ {edits[0].added[0].strip()}" if edits[0].added else f"{before}   ->   {after}"
    return [f"  edit  {place}   {change}{more}"]


def _wrapped(word: str, text: str, indent: int) -> str:
    return textwrap.fill(text, _WIDTH, initial_indent=" " * indent + word, subsequent_indent=" " * (indent + len(word)))


def _measurement_lines() -> str:
    code, out, err = _native.captured_command(["list", "measurements", "--json", "-"])
    if code:
        raise RuntimeError(err.strip())
    return out
