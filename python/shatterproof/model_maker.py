# SPDX-License-Identifier: Apache-2.0
"""Where the user's code has made the model, and how it is called there."""

from __future__ import annotations

import ast
import keyword
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from torch import nn

from .source_text import Change, SourceText, own_nodes
from .sources import is_installed

if TYPE_CHECKING:
    from .report import Report

#: Methods of a model that change none of its numbers.
HARMLESS = frozenset("parameters named_parameters train eval to cpu cuda".split())


def type_of(report: Report, path: str) -> type | None:
    """The class of a module."""
    return report.graph.types.get(path) if report.graph is not None else None


def is_of_torch(kind: type | None) -> bool:
    """Whether a class is one of PyTorch's own."""
    return kind is not None and kind.__module__.startswith("torch.")


@dataclass(frozen=True)
class ModelMaker:
    """The statement behind which a model is whole, how it is called there, and the function or file around it."""

    text: SourceText
    last: ast.stmt
    name: str
    scope: ast.AST

    def below(self, lines: Iterable[str]) -> Change:
        """Lines behind it."""
        return Change(self.last, lines=tuple(lines))

    def free_name(self) -> str | None:
        """One that the file does not use."""
        used = {n.id for n in ast.walk(self.text.tree) if isinstance(n, ast.Name)}
        names = ("module", "layer", "part")
        return next((name for name in names if name not in used and self.text.imports.is_free(name)), None)

    def said(self, report: Report, path: str) -> str | None:
        """A parameter's path as Python, ``self.layers[3].weight``; ``None`` where it is no path of attributes."""
        *words, parameter = path.split(".")
        said = self.name
        for count, word in enumerate(words):
            kind = type_of(report, ".".join(words[:count]))
            if kind in (nn.Sequential, nn.ModuleList) and _is_in_order(report, ".".join(words[:count])):
                said += f"[{word}]"
            elif word.isidentifier() and not keyword.iskeyword(word) and not hasattr(kind, word):
                said += f".{word}"
            else:
                return None
        return f"{said}.{parameter}"


def _is_in_order(report: Report, path: str) -> bool:
    """Whether the modules of a list are called by their numbers in it."""
    assert report.graph is not None
    head = f"{path}." if path else ""
    found = [one[len(head) :] for one in report.graph.types if one.startswith(head) and one != path]
    names = [name for name in found if "." not in name]
    return names == [str(number) for number in range(len(names))]


def maker_of_model(report: Report) -> ModelMaker | None:
    """The end of the ``__init__`` of the model's own class, or the line that makes one of somebody else's class.

    ``None`` where what stands behind it might set other numbers.
    """
    assert report.graph is not None
    kind = type_of(report, "")
    code = getattr(kind.__dict__.get("__init__"), "__code__", None) if kind is not None else None
    try:
        held = [_assigned(report, line.file, line.number, name) for line, name in report.graph.held]
    except _TouchedError:
        return None
    if kind is None or code is None or is_installed(code.co_filename):
        return next((made for made in held if made is not None), None)
    text = SourceText.of_kind(kind)
    maker = text.maker_of(kind) if text is not None else None
    if text is None or maker is None:
        return None
    first = (maker.args.posonlyargs + maker.args.args)[0].arg
    leaves = any(isinstance(node, ast.Return) for node in ast.walk(maker)) or isinstance(maker.body[-1], ast.Raise)
    binds_self = any(
        isinstance(n, ast.Name) and n.id == first and not isinstance(n.ctx, ast.Load) for n in ast.walk(maker)
    )
    return ModelMaker(text, maker.body[-1], first, maker) if not leaves and not binds_self else None


class _TouchedError(Exception):
    """The model may have other numbers by now than those that it was made with."""


def _assigned(report: Report, file: str, line: int, name: str) -> ModelMaker | None:
    """The one statement that makes what a name holds at a line below, in the same function."""
    assert report.graph is not None
    text = SourceText.of_traced(report.graph, file)
    if text is None:
        return None
    functions = [n for n in ast.walk(text.tree) if isinstance(n, ast.FunctionDef) and _holds(n, line)]
    scope: ast.AST = max(functions, key=lambda n: n.lineno, default=text.tree)
    names = [node for node in own_nodes(scope) if isinstance(node, ast.Name) and node.id == name]
    bound = [node for node in names if not isinstance(node.ctx, ast.Load)]
    statement = text.parents[bound[0]] if len(bound) == 1 else None
    if not isinstance(statement, ast.Assign) or statement.targets != bound or not isinstance(statement.value, ast.Call):
        return None
    block = text.block_of(statement)
    later = block[block.index(statement) + 1 :]
    reached = [number for number, one in enumerate(later) if _holds(one, line)]
    if not reached:
        return None
    if any(_touches(text, one, name) for one in later[: reached[0]]):
        raise _TouchedError
    return ModelMaker(text, statement, name, scope)


def _holds(node: ast.stmt, line: int) -> bool:
    return node.lineno <= line <= (node.end_lineno or node.lineno)


def _touches(text: SourceText, statement: ast.stmt, name: str) -> bool:
    """Whether a statement does something with a model that might change its numbers."""
    for node in ast.walk(statement):
        if isinstance(node, ast.Name) and node.id == name:
            around = text.parents[node]
            is_looked_at = isinstance(around, ast.Call) and (around.func is node or _only_looks(text, around))
            if not is_looked_at and not (isinstance(around, ast.Attribute) and around.attr in HARMLESS):
                return True
    return False


def _only_looks(text: SourceText, call: ast.Call) -> bool:
    return (text.imports.meaning(call.func) or "").startswith(("shatterproof.", "builtins.print"))


def stores_of(maker: ast.FunctionDef, name: str) -> list[ast.stmt]:
    """The statements of an ``__init__`` that set one attribute, and no other, of what it makes."""
    first = (maker.args.posonlyargs + maker.args.args)[0].arg
    found: list[ast.stmt] = []
    for node in ast.walk(maker):
        if not isinstance(node, (ast.Assign, ast.AnnAssign)):
            continue
        targets = node.targets if isinstance(node, ast.Assign) else [node.target]
        for target in targets:
            if isinstance(target, ast.Attribute) and target.attr == name and len(targets) == 1:
                if isinstance(target.value, ast.Name) and target.value.id == first:
                    found.append(node)
    return found


def is_made_with_the_model(report: Report, path: str) -> bool:
    """Whether every module on the way to one is set by the ``__init__`` of the user's class that holds it."""
    words = path.split(".")
    for count, word in enumerate(words):
        kind = type_of(report, ".".join(words[:count]))
        if kind is None:
            return False
        if not is_of_torch(kind) and not any(_sets(one, word) for one in kind.__mro__ if not is_of_torch(one)):
            return False
    return True


def _sets(kind: type, name: str) -> bool:
    text = SourceText.of_kind(kind)
    maker = text.maker_of(kind) if text is not None else None
    return maker is not None and any(
        isinstance(node, ast.Attribute) and node.attr == name and isinstance(node.ctx, ast.Store)
        for node in ast.walk(maker)
    )
