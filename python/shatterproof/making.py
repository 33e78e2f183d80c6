# SPDX-License-Identifier: Apache-2.0
"""Where the user's code makes the modules of PyTorch that an attribute or a name holds."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

from torch import nn

from .imports import of_torch
from .model_maker import is_of_torch, maker_of_model, stores_of, type_of
from .source_text import SourceText

if TYPE_CHECKING:
    from .report import Report

_LOOPS = (ast.For, ast.While, ast.AsyncFor)
_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda, ast.ClassDef)


class UnclearError(Exception):
    """Something else makes modules there than what can be followed."""


@dataclass(frozen=True)
class Site:
    """A call that makes a module of PyTorch, once or, within a loop, as often as that runs.

    Attributes
    ----------
    kind
        Of the module that it makes.
    container
        ``nn.Sequential`` or ``nn.ModuleList``, where the module goes into one; ``None`` where it is held by itself.
    appended
        The statement that appends it to a list, where one does.
    """

    call: ast.Call
    kind: type
    container: type | None
    is_repeated: bool
    appended: ast.Expr | None = None


@dataclass(frozen=True)
class Making:
    """How one attribute, or one name, comes to hold modules of PyTorch and no others.

    Attributes
    ----------
    name
        Of the attribute or of the variable.
    sites
        All that make a module which ends in it, but for containers.
    followers
        Which site's module comes right behind which one's.
    """

    text: SourceText
    name: str
    scope: ast.AST
    is_attribute: bool
    value: ast.expr
    sites: list[Site]
    followers: dict[Site, Site]

    def numbered(self, path: str) -> Site:
        """The site of a module by its path below the attribute.

        Raises
        ------
        UnclearError
            Where that does not say which one it is.
        """
        row = self.value.args if isinstance(self.value, ast.Call) else []
        if path and not (path.isdigit() and int(path) < len(row) and all(isinstance(one, ast.Call) for one in row)):
            raise UnclearError
        made = row[int(path)] if path else self.value
        for site in self.sites:
            if site.call is made:
                return site
        raise UnclearError

    def mentions(self) -> Iterator[ast.expr]:
        """Expressions that read what is held: an attribute of whatever class, a name in its function."""
        for node in ast.walk(self.text.tree if self.is_attribute else self.scope):
            said = getattr(node, "attr" if self.is_attribute else "id", None)
            if said == self.name and isinstance(node, (ast.Attribute, ast.Name)) and isinstance(node.ctx, ast.Load):
                yield node


def is_in(module: str, path: str) -> bool:
    """Whether a module is the one at a path, or within it."""
    return not path or module == path or module.startswith(path + ".")


def _holder_of(report: Report, path: str) -> tuple[str, str]:
    """The path of the module of the user's that holds a module of PyTorch's, and of what it holds of it."""
    words = path.split(".") if path else []
    for count in range(len(words) - 1, -1, -1):
        owner = ".".join(words[:count])
        if not is_of_torch(type_of(report, owner)):
            return owner, ".".join(words[: count + 1])
    return "", ""


def makings_of(report: Report, modules: Iterable[str]) -> list[tuple[Making, list[str]]]:
    """How what holds these modules of PyTorch's was made, each with its paths: those of all instances of its owner.

    Raises
    ------
    UnclearError
        Where that is not certain, or an instance holds none of these modules there: whatever is written is written
        for it too.
    """
    assert report.graph is not None
    held: dict[tuple[type | None, str], dict[str, None]] = {}
    for module in modules:
        owner, path = _holder_of(report, module)
        held.setdefault((type_of(report, owner), path.rpartition(".")[2]), {})[path] = None
    for (kind, name), paths in held.items():
        owners = [path for path, own in report.graph.types.items() if own is kind]
        if name and {f"{owner}.{name}" if owner else name for owner in owners} != set(paths):
            raise UnclearError
    return [(_making_of(report, next(iter(paths))), list(paths)) for paths in held.values()]


def _making_of(report: Report, path: str) -> Making:
    """How what holds a module of PyTorch's was made."""
    owner, held = _holder_of(report, path)
    if held:
        kind = type_of(report, owner)
        text = SourceText.of_kind(kind) if kind is not None else None
        maker = text.maker_of(kind) if text is not None and kind is not None else None
        name = held.rpartition(".")[2]
        stores = stores_of(maker, name) if maker is not None else []
        if text is None or maker is None or len(stores) != 1 or _stored_elsewhere(text, maker, name):
            raise UnclearError
        return _making(text, name, True, stores[0], maker)
    made = maker_of_model(report)
    if made is None or not isinstance(made.last, ast.Assign):
        raise UnclearError
    return _making(made.text, made.name, False, made.last, made.scope)


def _stored_elsewhere(text: SourceText, maker: ast.FunctionDef, name: str) -> bool:
    """Whether the class, or code outside of any, sets the attribute besides its ``__init__``."""
    around = text.parents[maker]
    elsewhere = [node for node in text.tree.body if not isinstance(node, ast.ClassDef)]
    return any(
        isinstance(node, ast.Attribute) and node.attr == name and not isinstance(node.ctx, ast.Load)
        for place in (around, *elsewhere)
        for node in ast.walk(place)
        if text.parents.get(node) not in stores_of(maker, name)
    )


def _making(text: SourceText, name: str, is_attribute: bool, statement: ast.stmt, scope: ast.AST) -> Making:
    value = getattr(statement, "value", None)
    if not isinstance(value, ast.expr):
        raise UnclearError
    reading = _Reading(text, scope)
    reading.read(value, None, _is_in_loop(text, statement, scope))
    if not reading.sites:
        raise UnclearError
    return Making(text, name, scope, is_attribute, value, reading.sites, reading.followers)


def _is_in_loop(text: SourceText, node: ast.AST, scope: ast.AST) -> bool:
    while node is not scope:
        node = text.parents[node]
        if node is not scope and isinstance(node, (*_LOOPS, *_FUNCTIONS)):
            return True
    return False


class _Reading:
    """Goes through an expression that makes modules, and the lists that it names."""

    def __init__(self, text: SourceText, scope: ast.AST) -> None:
        self._text, self._scope = text, scope
        self.sites: list[Site] = []
        self.followers: dict[Site, Site] = {}

    def read(
        self, node: ast.expr, container: type | None, is_repeated: bool, appended: ast.Expr | None = None
    ) -> list[Site | None]:
        """The sites in the order of their modules, ``None`` where it is open what comes between two."""
        if isinstance(node, ast.Call):
            kind = of_torch(self._text.imports.meaning(node.func))
            if kind in (nn.Sequential, nn.ModuleList) and not node.keywords:
                self._row(node.args, kind, is_repeated)
                return [None]
            if not isinstance(kind, type) or not issubclass(kind, nn.Module):
                raise UnclearError
            self.sites.append(Site(node, kind, container, is_repeated, appended))
            return [self.sites[-1]]
        if isinstance(node, (ast.List, ast.Tuple)) and container is not None:
            return self._row(node.elts, container, is_repeated)
        if isinstance(node, (ast.ListComp, ast.GeneratorExp)) and container is not None:
            self.read(node.elt, container, True)
            return [None]
        if isinstance(node, ast.Starred) and container is not None:
            return [None, *self.read(node.value, container, is_repeated), None]
        if isinstance(node, ast.Name) and container is not None:
            self._list(node, container)
            return [None]
        raise UnclearError

    def _row(self, nodes: list[ast.expr], container: type, is_repeated: bool) -> list[Site | None]:
        row = [site for node in nodes for site in self.read(node, container, is_repeated)]
        self._follow(row)
        return row

    def _follow(self, row: list[Site | None]) -> None:
        self.followers.update((one, other) for one, other in pairwise(row) if one is not None and other is not None)

    def _list(self, read: ast.Name, container: type) -> None:
        """A list that statements above have made: with ``=``, ``+=``, ``append`` and ``extend``."""
        text, name = self._text, read.id
        found = [node for node in ast.walk(self._scope) if isinstance(node, ast.Name) and node.id == name]
        rows: dict[ast.stmt, list[Site | None]] = {}
        for node in found:
            if node is read:
                continue
            statement, content = _adding(text, node)
            is_append = getattr(text.parents[node], "attr", "") == "append"
            is_row = isinstance(content, (ast.List, ast.ListComp))
            if statement.lineno >= read.lineno or not (is_append or is_row):
                raise UnclearError
            is_repeated = _is_in_loop(text, statement, self._scope)
            appended = statement if isinstance(statement, ast.Expr) else None
            rows[statement] = self.read(content, container, is_repeated, appended)
        beginnings = [one for one in rows if isinstance(one, ast.Assign)]
        if len(beginnings) != 1 or _is_in_loop(text, beginnings[0], self._scope):
            raise UnclearError
        for statement in rows:
            behind = [one for one in rows if _is_next(text, statement, one)]
            if behind:
                self._follow([*rows[statement][-1:], *rows[behind[0]][:1]])


def _adding(text: SourceText, name: ast.Name) -> tuple[ast.stmt, ast.expr]:
    """The statement that begins a list or adds to it, and what it adds."""
    around = text.parents[name]
    if isinstance(around, ast.Assign) and around.targets == [name]:
        return around, around.value
    if isinstance(around, ast.AugAssign) and around.target is name and isinstance(around.op, ast.Add):
        return around, around.value
    call = text.parents[around]
    if isinstance(around, ast.Attribute) and around.attr in ("append", "extend") and isinstance(call, ast.Call):
        statement = text.parents[call]
        if call.func is around and len(call.args) == 1 and not call.keywords and isinstance(statement, ast.Expr):
            return statement, call.args[0]
    raise UnclearError


def _is_next(text: SourceText, one: ast.stmt, other: ast.stmt) -> bool:
    block = text.block_of(one)
    return other in block and block.index(other) == block.index(one) + 1
