# SPDX-License-Identifier: Apache-2.0
"""Rectifiers in place of other nonlinearities, or such that leak in place of them, where those are made or called."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from .draws import drawing
from .graph import Node
from .imports import of_torch
from .making import Making, Site, UnclearError, is_in, makings_of
from .mentions import is_called
from .model_maker import is_of_torch, type_of
from .nonlinearities import MODULES, NONLINEARITIES, UNWRITTEN, stands_alone
from .source_text import Change, SourceText, Written

if TYPE_CHECKING:
    from .report import Remedy, Report

#: What hands a value on, so that a nonlinearity before it is the last one all the same.
_MOVES = frozenset("Identity Reshape Transpose Squeeze Unsqueeze Slice Split Tile Expand Concat Gather".split())


#: By the scheme of a remedy, the module that is put in place of others.
_MODULES = {"relu": "ReLU", "prelu": "PReLU"}


def replaced_nonlinearities(report: Report, remedy: Remedy) -> Written:
    """Rectifiers with He's weights in place of all others, or such that leak in place of those; none at the output."""
    assert report.graph is not None
    nodes = report.graph.nodes
    module = _MODULES.get(remedy.get("scheme") or "")
    if module is None or remedy.get("layers") or any(n.op in UNWRITTEN or n.is_opaque for n in nodes):
        return []
    leaks = module == "PReLU"
    ends = set(report.graph.outputs)
    meant = [n for n in nodes if n.op in NONLINEARITIES and (n.op == "Relu") == leaks and n.outputs[0] not in ends]
    if not meant or any(node.op == "PRelu" or not stands_alone(node, nodes) for node in meant):
        return []
    leaving = _moved_to(report)
    if any(node.outputs[0] in leaving for node in meant):
        return []  # what leaves the network keeps its range
    modules = {node.module for node in meant if _is_nonlinearity(type_of(report, node.module))}
    if any(node.module in modules and node not in meant for node in nodes if node.op in NONLINEARITIES):
        return []  # one module for some that stay
    called = [node for node in meant if node.module not in modules]
    of_modules = _of_modules(report, modules, module)
    if leaks:  # a slope of its own for each was tried
        return of_modules if len(modules) == len(meant) else []
    of_calls = _of_calls(report, called, meant)
    drawn = drawing(report, "he")
    return [*of_calls, *of_modules, *drawn] if drawn else []


def _is_nonlinearity(kind: type | None) -> bool:
    return kind is not None and is_of_torch(kind) and kind.__name__ in MODULES


def _moved_to(report: Report) -> set[str]:
    """Values that the outputs have the numbers of."""
    assert report.graph is not None
    found = set(report.graph.outputs)
    for node in reversed(report.graph.nodes):
        if node.op in _MOVES and found.intersection(node.outputs):
            found.update(node.inputs)
    return found


def _of_calls(report: Report, nodes: list[Node], meant: list[Node]) -> Written:
    """``torch.relu(x)`` in place of ``torch.tanh(x)``."""
    assert report.graph is not None
    written: Written = []
    names = {node.name for node in meant}
    for node in nodes:
        others = [n for n in report.graph.nodes if (n.source, n.span) == (node.source, node.span)]
        if any(n.op in NONLINEARITIES and n.name not in names for n in others):
            raise UnclearError  # the same line makes one that stays
        written.append(_of_call(report, node))
    return written


def _of_call(report: Report, node: Node) -> tuple[SourceText, Change]:
    assert report.graph is not None
    if node.span is None or node.source is None or node.call is None:
        raise UnclearError
    text = SourceText.of_traced(report.graph, node.source.file)
    call = text.at(node.span) if text is not None else None
    if text is None or not isinstance(call, ast.Call) or call.keywords:
        raise UnclearError
    path = text.imports.meaning(call.func)
    name = "silu" if node.function == "sigmoid" and str(path).endswith(".silu") else node.function
    if path is None:  # a method of what a tensor is
        method = call.func if isinstance(call.func, ast.Attribute) and call.func.attr == name else None
        tensor = text.segment(method.value) if method is not None and not call.args else ""
        if not tensor:
            raise UnclearError
        return text, Change(call, instead=f"{tensor}.relu()")
    owner = path.rpartition(".")[0]
    said = text.imports.spoken(f"{owner}.relu", call.lineno)
    is_known = path in (f"torch.{name}", f"torch.nn.functional.{name}") and said is not None
    if not is_known or len(call.args) != 1 or isinstance(call.args[0], ast.Starred):
        raise UnclearError
    return text, Change(call.func, instead=said)


def _of_modules(report: Report, modules: set[str], by: str) -> Written:
    """``nn.ReLU()`` in place of ``nn.Tanh()``."""
    return [
        (making.text, _of_site(making, site, by))
        for making, paths in makings_of(report, sorted(modules))
        for site in _sites(report, making, paths, modules)
    ]


def _sites(report: Report, making: Making, paths: list[str], meant: set[str]) -> set[Site]:
    """The calls that make the modules meant and no others."""
    assert report.graph is not None
    found: list[set[Site]] = []
    for path in paths:
        own = {one: kind for one, kind in report.graph.types.items() if is_in(one, path) and _is_nonlinearity(kind)}
        kinds = {kind for one, kind in own.items() if one in meant}
        if all(one in meant for one, kind in own.items() if kind in kinds):
            found.append({site for site in making.sites if site.kind in kinds})
        else:
            found.append({making.numbered(one[len(path) :].lstrip(".")) for one in own if one in meant})
    if not found[0] or any(sites != found[0] for sites in found):
        raise UnclearError
    return found[0]


def _of_site(making: Making, site: Site, by: str) -> Change:
    """Another where a nonlinearity was made without arguments but whether it writes in place."""
    text = making.text
    said = text.imports.spoken(f"torch.nn.{by}", site.call.lineno)
    is_asked_for = any(
        of_torch(text.imports.meaning(node)) is site.kind and not is_called(text, node)
        for node in ast.walk(text.tree)
        if isinstance(node, (ast.Name, ast.Attribute))
    )
    has_others = site.call.args or any(one.arg != "inplace" for one in site.call.keywords)
    if said is None or is_asked_for or has_others:
        raise UnclearError
    return Change(site.call, instead=f"{said}()")
