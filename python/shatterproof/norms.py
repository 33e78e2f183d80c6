# SPDX-License-Identifier: Apache-2.0
"""Norms between layers and their nonlinearities, where the layers are made."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import TYPE_CHECKING

from torch import nn

from .graph import Node
from .making import Making, Site, is_in, makings_of
from .mentions import is_only_run, looks_into_modules
from .model_maker import is_of_torch, type_of
from .nonlinearities import MODULES, NONLINEARITIES, UNWRITTEN, stands_alone
from .source_text import Change, Written

if TYPE_CHECKING:
    from .report import Remedy, Report

_NORMS = ("BatchNormalization", "LayerNormalization", "GroupNormalization", "InstanceNormalization")
_BATCH_NORMS = {1: "BatchNorm1d", 2: "BatchNorm2d", 3: "BatchNorm3d"}
_AXES = {
    nn.Conv1d: 1, nn.Conv2d: 2, nn.Conv3d: 3,
    nn.ConvTranspose1d: 1, nn.ConvTranspose2d: 2, nn.ConvTranspose3d: 3,
}  # fmt: skip
_LAYERS: tuple[type, ...] = (nn.Linear, *_AXES)
_SIZES = (ast.Name, ast.Attribute, ast.Constant, ast.BinOp, ast.UnaryOp, ast.operator, ast.unaryop, ast.expr_context)


def added_norms(report: Report, remedy: Remedy) -> Written:
    """A norm in front of every nonlinearity that a layer enters without one."""
    if remedy.get("layers") or remedy.get("scheme") not in ("batch", "layer"):
        return []
    nodes = _layers_without_norm(report)
    if any(type_of(report, node.module) not in _LAYERS for node in nodes):
        return []
    written: Written = []
    for making, paths in makings_of(report, [node.module for node in nodes]):
        changes = _changes(report, making, paths, nodes, str(remedy["scheme"]))
        if not changes or looks_into_modules(making.text):
            return []
        written += [(making.text, change) for change in changes]
    return written


def _layers_without_norm(report: Report) -> list[Node]:
    """The layers in front of a nonlinearity; empty where something else is, or where a layer is read elsewhere too."""
    assert report.graph is not None
    nodes, layers = report.graph.nodes, {kind.__name__ for kind in _LAYERS}
    makers = {value: node for node in nodes for value in node.outputs}
    found: dict[str, Node] = {}
    for node in nodes:
        if node.op in UNWRITTEN or node.is_opaque:
            return []
        before = makers.get(node.inputs[0]) if node.op in NONLINEARITIES else None
        if before is None or before.op in _NORMS:
            continue
        if not stands_alone(node, nodes):
            return []
        kind = type_of(report, before.module)
        if kind is None or kind.__name__ not in layers or before.outputs[0] in report.graph.outputs:
            return []
        if not all(_is_of_nonlinearity(reader, node) for reader in nodes if before.outputs[0] in reader.inputs):
            return []
        found[before.name] = before
    return list(found.values())


def _is_of_nonlinearity(reader: Node, nonlinearity: Node) -> bool:
    """Whether it is the nonlinearity, or the product that makes a SiLU of it."""
    inputs = {nonlinearity.inputs[0], nonlinearity.outputs[0]}
    return reader is nonlinearity or (reader.op == "Mul" and set(reader.inputs) == inputs)


def _norm(node: Node, kind: type, scheme: str) -> str | None:
    """The module that is put behind a layer; ``None`` where the library puts none."""
    axes = _AXES.get(kind)
    if axes is not None:
        return _BATCH_NORMS[axes] if scheme == "batch" and len(node.shape) == axes + 2 else None
    if len(node.shape) < 2:
        return None
    return "BatchNorm1d" if len(node.shape) == 2 and scheme == "batch" else "LayerNorm"


def _changes(report: Report, making: Making, paths: list[str], nodes: list[Node], scheme: str) -> list[Change]:
    """Behind every layer of a ``Sequential`` that a nonlinearity follows, else around the layers that are made."""
    sites = [site for site in making.sites if site.kind in _LAYERS]
    followed = [site for site in sites if _is_followed(making, site)]
    others = [site for site in sites if site not in followed]
    meant = {node.module for node in nodes}
    for path in paths:
        left = [one for one in _layers_in(report, path) if one not in meant]
        # Those that no nonlinearity follows are as many as the calls that make such: then it is these that make them.
        if len(left) != (len(others) if followed else 0) or (followed and any(one.is_repeated for one in others)):
            return []
    is_put_between = bool(followed)
    alone = [site for site in sites if site.container is not nn.Sequential]
    if (not is_put_between and alone != making.sites) or not all(
        is_only_run(making, mention, is_put_between) for mention in making.mentions()
    ):
        return []
    changes = []
    for site in followed or sites:
        within = {node.module: node for node in nodes if any(is_in(node.module, path) for path in paths)}
        norms = {_norm(node, site.kind, scheme) for m, node in within.items() if type_of(report, m) is site.kind}
        change = _change(making, site, norms.pop() if len(norms) == 1 else None, is_put_between)
        if change is None:
            return []
        changes.append(change)
    return changes


def _is_followed(making: Making, site: Site) -> bool:
    behind = making.followers.get(site)
    return site.container is nn.Sequential and behind is not None and behind.kind.__name__ in MODULES


def _change(making: Making, site: Site, norm: str | None, is_put_between: bool) -> Change | None:
    text = making.text
    line, size = site.call.lineno, _size(making, site.call)
    module = text.imports.spoken(f"torch.nn.{norm}", line) if norm is not None else None
    around = text.imports.spoken("torch.nn.Sequential", line)
    if module is None or around is None or not size:
        return None
    made = f"{module}({size})"
    if not is_put_between:
        return Change(site.call, f"{around}(", f", {made})")
    if site.appended is None or not isinstance(site.appended.value, ast.Call):
        return Change(site.call, "", f", {made}")
    if site.appended.value.args != [site.call]:
        return Change(site.call, "", f", {made}")
    return Change(site.appended, lines=(f"{text.segment(site.appended.value.func)}({made})",))


def _size(making: Making, call: ast.Call) -> str:
    """What a layer gives out, as its maker says it; empty where it does not, or says where its numbers are."""
    words = {word.arg: word.value for word in call.keywords}
    if any(isinstance(argument, ast.Starred) for argument in call.args) or words.keys() & {None, "device", "dtype"}:
        return ""
    value = call.args[1] if len(call.args) > 1 else words.get("out_features") or words.get("out_channels")
    if value is None or not all(isinstance(node, _SIZES) for node in ast.walk(value)):
        return ""
    return making.text.segment(value)


def _layers_in(report: Report, path: str) -> Iterator[str]:
    assert report.graph is not None
    for one, kind in report.graph.types.items():
        if is_in(one, path) and is_of_torch(kind) and issubclass(kind, _LAYERS):
            yield one
