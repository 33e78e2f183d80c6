# SPDX-License-Identifier: Apache-2.0
"""The user's source files, read and changed."""

from __future__ import annotations

import ast
import linecache
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from .graph import Line


@dataclass(frozen=True)
class Edit:
    """A line of the user's sources as it is and as it should be, which may be several."""

    line: Line
    before: str
    after: str

    @property
    def added(self) -> list[str]:
        """The lines that come behind it, where it stays as it is; else none."""
        kept, *added = self.after.split("\n")
        return added if kept == self.before else []


@dataclass(frozen=True)
class Change:
    """Text in place of some bytes of a line; of none, where both columns are equal."""

    line: int
    first: int
    last: int
    text: str


class SourceText:
    """One file, or a cell of a notebook.

    Attributes
    ----------
    lines
        Without their ends.
    """

    def __init__(self, file: str, lines: list[str], tree: ast.Module) -> None:
        self.file, self.lines, self.tree = file, lines, tree

    @staticmethod
    def of(file: str) -> SourceText | None:
        """``None`` where it cannot be read."""
        linecache.checkcache(file)
        lines = [line.rstrip("\r\n") for line in linecache.getlines(file)]
        try:
            return SourceText(file, lines, ast.parse("\n".join(lines))) if lines else None
        except (SyntaxError, ValueError):
            return None

    def segment(self, node: ast.expr) -> str:
        """The text of an expression."""
        return ast.get_source_segment("\n".join(self.lines), node) or ""

    def maker_of(self, kind: type) -> ast.FunctionDef | None:
        """The ``__init__`` that a class of this file has of its own."""
        code = getattr(kind.__dict__.get("__init__"), "__code__", None)
        if code is None or code.co_filename != self.file:
            return None
        found = (n for n in ast.walk(self.tree) if isinstance(n, ast.FunctionDef) and n.name == "__init__")
        return next((n for n in found if n.lineno == code.co_firstlineno), None)

    def spoken(self, package: str) -> str | None:
        """How the file calls ``torch`` or ``torch.nn``; ``None`` where it has not imported it."""
        known: dict[str, str] = {}
        for node in self.tree.body:
            if isinstance(node, ast.Import):
                for name in node.names:
                    known[name.name] = name.asname or name.name
            elif isinstance(node, ast.ImportFrom) and not node.level:
                for name in node.names:
                    known[f"{node.module}.{name.name}"] = name.asname or name.name
        for whole in (package, *([package.rpartition(".")[0]] if "." in package else [])):
            if whole in known:
                return known[whole] + package[len(whole) :]
        return None

    def assignment(self, name: str, before: int) -> ast.Assign | None:
        """The last statement above a line that makes what a name holds, in the same function."""
        functions = [n for n in ast.walk(self.tree) if isinstance(n, ast.FunctionDef) and _holds(n, before)]
        scope: ast.AST = max(functions, key=lambda n: n.lineno, default=self.tree)
        found = [
            n
            for n in ast.walk(scope)
            if isinstance(n, ast.Assign)
            and n.lineno < before
            and isinstance(n.value, ast.Call)
            and any(isinstance(target, ast.Name) and target.id == name for target in n.targets)
        ]
        return max(found, key=lambda n: n.lineno, default=None)

    def below(self, statement: ast.stmt, text: Iterable[str]) -> Change:
        """Lines behind a statement, indented as that is."""
        line = statement.end_lineno or statement.lineno
        end = len(self.lines[line - 1].encode())
        indent = " " * statement.col_offset
        return Change(line, end, end, "".join(f"\n{indent}{one}" for one in text))

    def edits(self, changes: Iterable[Change]) -> list[Edit]:
        """Lines before and after the changes."""
        by_line: dict[int, list[Change]] = {}
        for change in dict.fromkeys(changes):
            by_line.setdefault(change.line, []).append(change)
        edits = []
        for number, own in sorted(by_line.items()):
            raw = self.lines[number - 1].encode()
            for change in sorted(own, key=lambda c: (c.first, c.last), reverse=True):
                raw = raw[: change.first] + change.text.encode() + raw[change.last :]
            edits.append(Edit(Line(self.file, number), self.lines[number - 1], raw.decode()))
        return edits


def _holds(node: ast.FunctionDef, line: int) -> bool:
    return node.lineno <= line <= (node.end_lineno or node.lineno)


def name_called(call: ast.AST) -> str:
    """The last word of what is called, ``Linear`` for ``nn.Linear(3, 4)``; empty for what is no call of a name."""
    if not isinstance(call, ast.Call):
        return ""
    if isinstance(call.func, ast.Attribute):
        return call.func.attr
    return call.func.id if isinstance(call.func, ast.Name) else ""


def replaced(node: Any, text: str) -> Change | None:
    """Text in place of an expression of one line."""
    if node.lineno != node.end_lineno:
        return None
    return Change(node.lineno, node.col_offset, node.end_col_offset, text)


def behind(node: Any, text: str) -> Change:
    """Text behind an expression."""
    return Change(node.end_lineno, node.end_col_offset, node.end_col_offset, text)


def in_front(node: Any, text: str) -> Change:
    """Text in front of an expression."""
    return Change(node.lineno, node.col_offset, node.col_offset, text)


def neighbours(within: ast.AST) -> Iterator[tuple[ast.expr, ast.expr]]:
    """Expressions that follow one another in lists, tuples and arguments."""
    for node in ast.walk(within):
        row: list[ast.expr] = []
        if isinstance(node, (ast.List, ast.Tuple)):
            row = node.elts
        elif isinstance(node, ast.Call):
            row = node.args
        yield from pairwise(row)


def appended(within: ast.AST) -> Iterator[tuple[ast.expr, ast.expr, ast.stmt]]:
    """What two statements one after the other append to the same list, and the first of them."""
    for node in ast.walk(within):
        for field in ("body", "orelse"):
            rows = getattr(node, field, None)
            if not isinstance(rows, list):
                continue
            for one, other in pairwise(rows):
                a, b = _appending(one), _appending(other)
                if a is not None and b is not None and ast.dump(a.func) == ast.dump(b.func):
                    yield a.args[0], b.args[0], one


def _appending(statement: Any) -> ast.Call | None:
    call = statement.value if isinstance(statement, ast.Expr) else None
    is_one = isinstance(call, ast.Call) and name_called(call) == "append" and len(call.args) == 1
    return call if is_one and isinstance(call, ast.Call) else None
