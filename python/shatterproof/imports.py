# SPDX-License-Identifier: Apache-2.0
"""What names of a source file mean."""

from __future__ import annotations

import ast
import builtins
import sys
from collections.abc import Iterator
from typing import Any


class Imports:
    """The names that one file binds.

    A name means what it was imported as when nothing else in the file binds it, in whatever function: then no scope
    has another of that name.
    """

    def __init__(self, tree: ast.Module) -> None:
        self._bound: dict[str, set[str | None]] = {}
        for node in ast.walk(tree):
            for name, path in _bindings(node):
                self._bound.setdefault(name, set()).add(path)
        stars = [n.lineno for n in ast.walk(tree) if isinstance(n, ast.ImportFrom) and n.names[0].name == "*"]
        self._lines: dict[str, int] = {}
        for node in tree.body:
            if isinstance(node, (ast.Import, ast.ImportFrom)) and node.lineno > max(stars, default=0):
                for name, _ in _bindings(node):
                    self._lines.setdefault(name, node.lineno)
        self._has_star = bool(stars)

    def is_free(self, name: str) -> bool:
        """Whether nothing in the file binds a name."""
        return name not in self._bound and not self._has_star

    def meaning(self, expression: ast.AST) -> str | None:
        """The path of what an expression names, ``torch.nn.Linear``; ``None`` where that is not certain."""
        if isinstance(expression, ast.Attribute):
            owner = self.meaning(expression.value)
            return f"{owner}.{expression.attr}" if owner is not None else None
        if not isinstance(expression, ast.Name):
            return None
        if self.is_free(expression.id) and hasattr(builtins, expression.id):
            return f"builtins.{expression.id}"
        return self._imported(expression.id, expression.lineno)

    def spoken(self, path: str, line: int) -> str | None:
        """How a line says what PyTorch has under a path; ``None`` where the file has not imported it above."""
        found = [(whole, name) for name in self._lines if (whole := self._imported(name, line)) is not None]
        fitting = [(whole, name) for whole, name in found if path == whole or path.startswith(whole + ".")]
        if not fitting or of_torch(path) is None:
            return None
        whole, name = max(fitting, key=lambda one: len(one[0]))
        return name + path[len(whole) :]

    def _imported(self, name: str, line: int) -> str | None:
        if self._lines.get(name, line) >= line or len(self._bound[name]) != 1:
            return None
        return next(iter(self._bound[name]))


def of_torch(path: str | None) -> Any:
    """What PyTorch has under a path; ``None`` where it has nothing there."""
    first, *words = (path or "").split(".")
    found = sys.modules.get("torch") if first == "torch" else None
    for word in words:
        found = getattr(found, word, None)
    return found


def _bindings(node: ast.AST) -> Iterator[tuple[str, str | None]]:
    """Names that a node binds, and the path of what each is from then on."""
    if isinstance(node, ast.Import):
        for alias in node.names:
            first = alias.name.partition(".")[0]
            yield (alias.asname, alias.name) if alias.asname else (first, first)
    elif isinstance(node, ast.ImportFrom):
        for alias in node.names:
            yield alias.asname or alias.name, None if node.level else f"{node.module}.{alias.name}"
    elif isinstance(node, ast.Name):
        if not isinstance(node.ctx, ast.Load):
            yield node.id, None
    elif isinstance(node, ast.arg):
        yield node.arg, None
    elif not isinstance(node, ast.alias):  # functions, classes, exceptions, patterns
        for field in ("name", "rest"):
            name = getattr(node, field, None)
            if isinstance(name, str):
                yield name, None
