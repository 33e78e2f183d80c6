# SPDX-License-Identifier: Apache-2.0
"""What the user's code does with a module besides running it."""

from __future__ import annotations

import ast

from torch import nn

from .imports import of_torch
from .making import Making
from .model_maker import HARMLESS
from .source_text import SourceText

#: What draws or changes numbers of whatever modules there are, in functions that begin a model.
_SWEEPING = frozenset("hasattr getattr parameters named_parameters children named_children".split())
_BEGINNING = ("init", "reset")


def looks_into_modules(text: SourceText) -> bool:
    """Whether a function that begins a model would treat a norm that is put in like a layer."""
    for node in ast.walk(text.tree):
        if isinstance(node, ast.FunctionDef) and any(word in node.name for word in _BEGINNING):
            words = {getattr(one, "id", getattr(one, "attr", "")) for one in ast.walk(node)}
            if words & _SWEEPING:
                return True
    return False


def is_only_run(making: Making, mention: ast.expr, is_sequential: bool) -> bool:
    """Whether a place that reads what is held calls it, or goes through it and calls what is in it.

    Parameters
    ----------
    is_sequential
        Whether it is a ``Sequential`` that gets longer; else its layers are to be others.
    """
    text = making.text
    around = text.parents[mention]
    if isinstance(around, ast.Call) and around.func is mention:
        return True
    if not making.is_attribute and isinstance(around, (ast.Call, ast.keyword, ast.Attribute)):
        return not isinstance(around, ast.Attribute) or around.attr in HARMLESS  # handed on as a model
    if is_sequential:
        return isinstance(around, ast.For) and around.iter is mention and _asks_for_layers(text, around)
    if making.sites[0].container is None:
        return False
    if isinstance(around, ast.Subscript) and around.value is mention:
        return is_called(text, around)
    name: ast.expr | None = None
    if isinstance(around, ast.Call) and text.imports.meaning(around.func) == "builtins.len":
        return True
    if isinstance(around, (ast.For, ast.comprehension)) and around.iter is mention:
        name = around.target
    elif isinstance(around, ast.Call) and mention in around.args:
        name = _counted(text, around, mention)
    if not isinstance(name, ast.Name):
        return False
    function = mention
    while not isinstance(function, (ast.FunctionDef, ast.Module)):
        function = text.parents[function]  # type: ignore[assignment]
    named = [node for node in ast.walk(function) if isinstance(node, ast.Name) and node.id == name.id]
    return all(node is name or is_called(text, node) for node in named)


def is_called(text: SourceText, node: ast.AST) -> bool:
    """Whether an expression is called."""
    around = text.parents[node]
    return isinstance(around, ast.Call) and around.func is node


def _counted(text: SourceText, call: ast.Call, mention: ast.expr) -> ast.expr | None:
    """The name in a loop over ``enumerate`` or ``zip``."""
    loop = text.parents[call]
    function = text.imports.meaning(call.func)
    if not isinstance(loop, (ast.For, ast.comprehension)) or loop.iter is not call or call.keywords:
        return None
    row = loop.target.elts if isinstance(loop.target, ast.Tuple) else []
    if function == "builtins.enumerate" and len(row) == 2 and call.args == [mention]:
        return row[1]
    if function == "builtins.zip" and len(row) == len(call.args):
        return row[call.args.index(mention)]
    return None


def _asks_for_layers(text: SourceText, loop: ast.For) -> bool:
    """Whether a loop has nothing but one ``if isinstance(module, nn.Linear)``, or runs what it goes through."""
    if not isinstance(loop.target, ast.Name):
        return False
    asks = loop.body[0]
    test = asks.test if isinstance(asks, ast.If) and len(loop.body) == 1 and not asks.orelse else None
    if isinstance(test, ast.Call) and text.imports.meaning(test.func) == "builtins.isinstance" and len(test.args) == 2:
        kinds = test.args[1].elts if isinstance(test.args[1], ast.Tuple) else [test.args[1]]
        found = [of_torch(text.imports.meaning(kind)) for kind in kinds]
        is_of_target = isinstance(test.args[0], ast.Name) and test.args[0].id == loop.target.id
        return is_of_target and all(isinstance(one, type) and not _is_norm(one) for one in found)
    named = [n for one in loop.body for n in ast.walk(one) if isinstance(n, ast.Name) and n.id == loop.target.id]
    return all(is_called(text, node) for node in named)


def _is_norm(kind: type) -> bool:
    return any(issubclass(norm, kind) for norm in _NORMS)


_NORMS = (nn.BatchNorm1d, nn.BatchNorm2d, nn.BatchNorm3d, nn.LayerNorm)
