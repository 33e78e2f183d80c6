# SPDX-License-Identifier: Apache-2.0
"""Rectifiers in place of other nonlinearities, where those are made or called."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from .drawn import drawing
from .graph import Node
from .imports import of_torch
from .making import Making, Site, UnclearError, holder_of, making_of
from .mentions import is_called
from .model_maker import is_of_torch, type_of
from .nonlinearities import MODULES, NONLINEARITIES, UNWRITTEN, stands_alone
from .source_text import Change, SourceText, Written

if TYPE_CHECKING:
    from .report import Remedy, Report

#: What hands a value on, so that a nonlinearity before it is the last one all the same.
_MOVES = frozenset("Identity Reshape Transpose Squeeze Unsqueeze Slice Split Tile Expand Concat Gather".split())


def replaced_nonlinearities(report: Report, remedy: Remedy) -> Written:
    """Rectifiers in place of all nonlinearities but the one at the output, with He's weights."""
    assert report.graph is not None
    nodes = report.graph.nodes
    if remedy.get("scheme") != "relu" or remedy.get("layers") or any(n.op in UNWRITTEN or n.is_opaque for n in nodes):
        return []
    ends = set(report.graph.outputs)
    meant = [n for n in nodes if n.op in NONLINEARITIES and n.op != "Relu" and n.outputs[0] not in ends]
    if not meant or any(node.op == "PRelu" or not stands_alone(node, nodes) for node in meant):
        return []
    leaving = _moved_to(report)
    if any(node.outputs[0] in leaving for node in meant):
        return []  # what leaves the network keeps its range
    modules = {node.module for node in meant if _is_module(report, node)}
    if any(node.module in modules and node not in meant for node in nodes if node.op in NONLINEARITIES):
        return []  # one module for some that stay
    written = _of_calls(report, [node for node in meant if not _is_module(report, node)], meant)
    of_modules = _of_modules(report, [node for node in meant if _is_module(report, node)])
    drawn = drawing(report, "he")
    return [*written, *of_modules, *drawn] if written is not None and of_modules is not None and drawn else []


def _is_module(report: Report, node: Node) -> bool:
    return is_of_torch(type_of(report, node.module)) and (type_of(report, node.module) or type).__name__ in MODULES


def _moved_to(report: Report) -> set[str]:
    """Values that the outputs have the numbers of."""
    assert report.graph is not None
    found = set(report.graph.outputs)
    for node in reversed(report.graph.nodes):
        if node.op in _MOVES and found.intersection(node.outputs):
            found.update(node.inputs)
    return found


def _of_calls(report: Report, nodes: list[Node], meant: list[Node]) -> Written | None:
    """``torch.relu(x)`` in place of ``torch.tanh(x)``; ``None`` where that is not certain."""
    assert report.graph is not None
    written: Written = []
    names = {node.name for node in meant}
    for node in nodes:
        others = [n for n in report.graph.nodes if (n.source, n.span) == (node.source, node.span)]
        if any(n.op in NONLINEARITIES and n.name not in names for n in others):
            return None  # the same line makes one that stays
        change = _of_call(report, node)
        if change is None:
            return None
        written.append(change)
    return written


def _of_call(report: Report, node: Node) -> tuple[SourceText, Change] | None:
    assert report.graph is not None
    if node.span is None or node.source is None or node.call is None:
        return None
    text = SourceText.of_traced(report.graph, node.source.file)
    call = text.at(node.span) if text is not None else None
    if text is None or not isinstance(call, ast.Call) or call.keywords:
        return None
    path = text.imports.meaning(call.func)
    name = "silu" if node.function == "sigmoid" and str(path).endswith(".silu") else node.function
    if path is None:  # a method of what a tensor is
        method = call.func if isinstance(call.func, ast.Attribute) and call.func.attr == name else None
        tensor = text.segment(method.value) if method is not None and not call.args else ""
        return (text, Change(call, instead=f"{tensor}.relu()")) if tensor else None
    owner = path.rpartition(".")[0]
    if path not in (f"torch.{name}", f"torch.nn.functional.{name}") or len(call.args) != 1:
        return None
    if isinstance(call.args[0], ast.Starred):
        return None
    said = text.imports.spoken(f"{owner}.relu", call.lineno)
    return (text, Change(call.func, instead=said)) if said is not None else None


def _of_modules(report: Report, nodes: list[Node]) -> Written | None:
    """``nn.ReLU()`` in place of ``nn.Tanh()``; ``None`` where that is not certain."""
    assert report.graph is not None
    held: dict[tuple[object, str], list[str]] = {}
    meant = {node.module for node in nodes}
    for module in sorted(meant):
        owner, path = holder_of(report, module)
        paths = held.setdefault((type_of(report, owner), path.rpartition(".")[2]), [])
        paths += [path] if path not in paths else []
    written: Written = []
    for (kind, name), paths in held.items():
        owners = [path for path, own in report.graph.types.items() if own is kind]
        if name and {f"{owner}.{name}" if owner else name for owner in owners} != set(paths):
            return None
        try:
            making = making_of(report, paths[0])
        except UnclearError:
            return None
        sites = _sites(report, making, paths, meant)
        changes = [_of_site(making, site) for site in sites]
        if not sites or None in changes:
            return None
        written += [(making.text, change) for change in changes if change is not None]
    return written


def _sites(report: Report, making: Making, paths: list[str], meant: set[str]) -> list[Site]:
    """The calls that make the modules meant and no others; empty where that is not certain."""
    assert report.graph is not None
    found: dict[Site, None] = {}
    for path in paths:
        head = f"{path}." if path else ""
        own = {
            one: kind
            for one, kind in report.graph.types.items()
            if (one == path or one.startswith(head)) and is_of_torch(kind) and kind.__name__ in MODULES
        }
        kinds = {own[one] for one in own if one in meant}
        if all(one in meant for one in own if own[one] in kinds):
            sites: list[Site | None] = [site for site in making.sites if site.kind in kinds]
        else:
            sites = [making.numbered(one[len(head) :]) for one in own if one in meant]
        if None in sites or (found and set(sites) != set(found)):
            return []
        found.update((site, None) for site in sites if site is not None)
    return list(found)


def _of_site(making: Making, site: Site) -> Change | None:
    """A rectifier where a nonlinearity was made without arguments."""
    text = making.text
    said = text.imports.spoken("torch.nn.ReLU", site.call.lineno)
    is_asked_for = any(
        of_torch(text.imports.meaning(node)) is site.kind and not is_called(text, node)
        for node in ast.walk(text.tree)
        if isinstance(node, (ast.Name, ast.Attribute))
    )
    if said is None or is_asked_for or site.call.args or site.call.keywords:
        return None
    return Change(site.call, instead=f"{said}()")
