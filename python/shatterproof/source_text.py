# SPDX-License-Identifier: Apache-2.0
"""The user's sources, read and changed."""

from __future__ import annotations

import ast
import copy
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property, lru_cache
from types import CodeType

from .graph import Graph, Line, Span
from .imports import Imports
from .source_file import SourceFile, parsed


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


@dataclass(frozen=True, eq=False)
class Change:
    """Of an expression: text around it, or in its place. Of a statement: lines behind it, indented as it is."""

    node: ast.expr | ast.stmt
    before: str = ""
    after: str = ""
    instead: str | None = None
    lines: tuple[str, ...] = ()


class SourceText:
    """One file, or a cell of a notebook.

    Attributes
    ----------
    lines
        Without their ends.
    """

    def __init__(self, source: SourceFile, tree: ast.Module) -> None:
        self.source, self.lines, self.tree = source, source.lines, tree
        self.imports = Imports(tree)

    @staticmethod
    def of_kind(kind: type) -> SourceText | None:
        """The file with the ``__init__`` that a class has of its own; ``None`` where it is not what has run."""
        code = getattr(kind.__dict__.get("__init__"), "__code__", None)
        source = SourceFile.of(code.co_filename) if isinstance(code, CodeType) else None
        return _parsed(source) if source is not None and isinstance(code, CodeType) and source.is_of(code) else None

    @staticmethod
    def of_traced(graph: Graph, file: str) -> SourceText | None:
        """The file of a line that was seen in a pass; ``None`` where it is not what ran then."""
        source = SourceFile.of(file)
        return _parsed(source) if source is not None and graph.texts.get(file) == source.digest else None

    @cached_property
    def parents(self) -> dict[ast.AST, ast.AST]:
        """Of every node the one around it."""
        return {child: node for node in ast.walk(self.tree) for child in ast.iter_child_nodes(node)}

    def segment(self, node: ast.expr) -> str:
        """The text of an expression on one line; empty for others."""
        if node.lineno != node.end_lineno:
            return ""
        return self.lines[node.lineno - 1].encode()[node.col_offset : node.end_col_offset].decode()

    def maker_of(self, kind: type) -> ast.FunctionDef | None:
        """The ``__init__`` that a class of this file has of its own."""
        line = kind.__dict__["__init__"].__code__.co_firstlineno
        found = (n for n in ast.walk(self.tree) if isinstance(n, ast.FunctionDef) and n.name == "__init__")
        return next((n for n in found if n.lineno == line), None)

    def at(self, span: Span) -> ast.AST | None:
        """What stands there, and nowhere else."""
        found = [node for node in ast.walk(self.tree) if _span_of(node) == span and not isinstance(node, ast.Expr)]
        return found[0] if len(found) == 1 else None

    def block_of(self, statement: ast.AST) -> list[ast.stmt]:
        """The statements among which one stands."""
        around = self.parents[statement]
        rows = [row for _, row in ast.iter_fields(around) if isinstance(row, list) and statement in row]
        return rows[0] if rows else []

    def edits(self, changes: Iterable[Change]) -> list[Edit]:
        """Lines before and after all of the changes; none where the new text would say anything else than they do.

        The one place that decides: the text that was changed is parsed again, and must be the tree that was changed.
        """
        changes = list({(c.node, c.before, c.after, c.instead, c.lines): c for c in changes}.values())
        if any(change.instead is not None and change.node.lineno != change.node.end_lineno for change in changes):
            return []  # an edit takes no line away
        pieces = [piece for change in changes for piece in self._pieces(change)]
        by_line: dict[int, list[tuple[int, int, str]]] = {}
        for line, first, last, text in pieces:
            by_line.setdefault(line, []).append((first, last, text))
        edits = []
        lines = list(self.lines)
        for number, own in sorted(by_line.items()):
            raw = lines[number - 1].encode()
            for first, last, text in sorted(own, key=lambda piece: piece[:2], reverse=True):
                raw = raw[:first] + text.encode() + raw[last:]
            lines[number - 1] = raw.decode()
            edits.append(Edit(Line(self.source.name, number), self.lines[number - 1], lines[number - 1]))
        try:
            is_same = ast.dump(parsed("\n".join(lines))) == ast.dump(self._changed_tree(changes))
        except (SyntaxError, ValueError):
            return []
        return edits if is_same else []

    def _pieces(self, change: Change) -> list[tuple[int, int, int, str]]:
        """What is to be written: a line, columns in bytes, and the text that comes there, where that is another."""
        node = change.node
        end_line, end = node.end_lineno or node.lineno, node.end_col_offset or 0
        if change.lines:
            head = self.lines[node.lineno - 1].encode()[: node.col_offset].decode()
            step = "\t" if "\t" in head else "    "
            written = "".join("\n" + head + line.replace("    ", step) for line in change.lines)
            behind = len(self.lines[end_line - 1].encode())
            return [(end_line, behind, behind, written)]
        if change.instead is not None:
            return [(node.lineno, node.col_offset, end, change.instead)]
        around = ((node.lineno, node.col_offset, change.before), (end_line, end, change.after))
        return [(line, column, column, text) for line, column, text in around if text]

    def _changed_tree(self, changes: Iterable[Change]) -> ast.Module:
        copies: dict[int, ast.AST] = {}
        tree = copy.deepcopy(self.tree, copies)
        by_node: dict[ast.AST, list[Change]] = {}
        for change in changes:
            by_node.setdefault(copies[id(change.node)], []).append(change)
        changed = _Changing(by_node).visit(tree)
        assert isinstance(changed, ast.Module)
        return changed


def own_nodes(scope: ast.AST) -> Iterator[ast.AST]:
    """What stands in a function or a file, but for the functions and classes within."""
    for node in ast.iter_child_nodes(scope):
        yield node
        if not isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda, ast.ClassDef)):
            yield from own_nodes(node)


class _Changing(ast.NodeTransformer):
    """Makes changes in a tree."""

    def __init__(self, changes: dict[ast.AST, list[Change]]) -> None:
        self._changes = changes

    def visit(self, node: ast.AST) -> ast.AST | list[ast.AST]:
        made: list[ast.AST] = [self.generic_visit(node)]
        for change in self._changes.get(node, ()):
            if change.lines:
                made += ast.parse("\n".join(change.lines)).body
                continue
            own = f"({ast.unparse(made[0])})" if change.instead is None else change.instead
            row = ast.parse(f"[{change.before}{own}{change.after}]", mode="eval").body
            made = list(row.elts) if isinstance(row, ast.List) else [row]
        return made if len(made) > 1 else made[0]


def _span_of(node: ast.AST) -> Span | None:
    if not isinstance(node, (ast.expr, ast.stmt)) or node.end_lineno is None or node.end_col_offset is None:
        return None
    return Span(node.lineno, node.end_lineno, node.col_offset, node.end_col_offset)


@lru_cache(maxsize=64)
def _parsed(source: SourceFile) -> SourceText | None:
    try:
        return SourceText(source, parsed("\n".join(source.lines)))
    except (SyntaxError, ValueError, RecursionError):
        return None


#: Changes, each of its own text.
Written = list[tuple[SourceText, Change]]
