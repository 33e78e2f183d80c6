# SPDX-License-Identifier: Apache-2.0
"""Remedies as a reviewer would write them: at the line that makes a layer, calls it or ends the model's ``__init__``.

Each is written everywhere or not at all: half of a change is another change than the one that was measured.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from .graph import Line, Node
from .source_text import Change, Edit, SourceText, appended, behind, in_front, name_called, neighbours, replaced
from .sources import is_installed

if TYPE_CHECKING:
    from .report import Report

_Remedy = Mapping[str, Any]

_LAYERS = ("Linear", "Conv1d", "Conv2d", "Conv3d", "ConvTranspose1d", "ConvTranspose2d", "ConvTranspose3d")
_NORMS = ("BatchNormalization", "LayerNormalization", "GroupNormalization", "InstanceNormalization")
_NONLINEARITIES = frozenset(
    "Relu Clip LeakyRelu PRelu Elu Celu Selu Gelu HardSigmoid HardSwish Mish Sigmoid Softplus Softsign Tanh".split()
)
_MODULES_OF_NONLINEARITIES = frozenset(
    "ReLU ReLU6 Hardtanh LeakyReLU PReLU ELU CELU SELU GELU Hardsigmoid Hardswish Mish Sigmoid SiLU Softplus Softsign "
    "Tanh".split()
)
#: What draws a layer's weight as a scheme of the library does; {} the functions, [] the weight.
_DRAWN = {
    "he": '{}.kaiming_normal_([], nonlinearity="relu")',
    "lecun": '{}.kaiming_normal_([], nonlinearity="linear")',
    "glorot": "{}.xavier_normal_([])",
}


def _scaled_branches(report: Report, remedy: _Remedy) -> list[Edit]:
    found: dict[Line, Edit] = {}
    for node, branch in residual_sums(report):
        line = node.caller or node.source
        edit = scaled_branch(line, branch, float(remedy["value"])) if line is not None else None
        if edit is None:
            return []
        found[edit.line] = edit
    return list(found.values())


def residual_sums(report: Report) -> list[tuple[Node, int]]:
    """The sums in which skips end, and which of a sum's inputs is the branch."""
    assert report.graph is not None
    shape = next((record for record in report.records if record["kind"] == "graph"), None)
    if shape is None:
        return []
    found = []
    makers = {value: own.name for own in report.graph.nodes for value in own.outputs}
    for start, end in shape.get("skips", []):
        node = report.graph.node(shape["nodes"][end]["name"])
        if node is None:
            continue
        skip = shape["nodes"][start]["name"]
        positions = [i for i, value in enumerate(node.inputs) if makers.get(value, value) != skip]
        if positions:
            found.append((node, positions[0]))
    return found


def scaled_branch(line: Line, branch: int, factor: float) -> Edit | None:
    """The line of a sum with its branch scaled; ``None`` when it holds no sum that can be edited.

    Parameters
    ----------
    branch
        Which operand of the sum the branch is: 0 the left one, 1 the right one.
    """
    text = SourceText.of(line.file)
    if text is None:
        return None
    for node in ast.walk(text.tree):
        operand: Any = None
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add) and node.lineno == line.number:
            operand = node.left if branch == 0 else node.right
        elif isinstance(node, ast.AugAssign) and isinstance(node.op, ast.Add) and branch == 1:
            operand = node.value
        if operand is None or operand.lineno != line.number or operand.end_lineno != line.number:
            continue
        inner = text.segment(operand)
        is_sum = isinstance(operand, ast.BinOp) and isinstance(operand.op, (ast.Add, ast.Sub))
        change = replaced(operand, f"{factor:.3g} * " + (f"({inner})" if is_sum else inner))
        return text.edits([change])[0] if change is not None else None
    return None


def _type_of(report: Report, path: str) -> type | None:
    return report.graph.types.get(path) if report.graph is not None else None


def _is_of_torch(kind: type | None) -> bool:
    return kind is not None and kind.__module__.startswith("torch.")


def _layers(report: Report) -> list[Node]:
    """Nodes that multiply by a weight, one for each layer."""
    assert report.graph is not None
    found: dict[int, Node] = {}
    for record in next((one["nodes"] for one in report.records if one["kind"] == "graph"), []):
        node = report.graph.node(record["name"]) if record.get("layer") else None
        if node is not None:
            found.setdefault(record["layer"], node)
    return list(found.values())


@dataclass(frozen=True)
class _Made:
    """Where the user's code has made a model: the statement behind which it is whole, and how it is called there."""

    text: SourceText
    last: ast.stmt
    name: str

    def with_lines(self, lines: Iterable[str]) -> list[Edit]:
        return self.text.edits([self.text.below(self.last, lines)])

    def attribute(self, path: str) -> str:
        """A parameter's path as Python: ``layers.3.weight`` is ``self.layers[3].weight``."""
        return self.name + "".join(f"[{word}]" if word.isdigit() else f".{word}" for word in path.split("."))


def _made(report: Report) -> _Made | None:
    """The end of the ``__init__`` of the model's own class, or the line that makes one of somebody else's class."""
    assert report.graph is not None
    kind = _type_of(report, "")
    code = getattr(kind.__dict__.get("__init__"), "__code__", None) if kind is not None else None
    if kind is not None and code is not None and not is_installed(code.co_filename):
        text = SourceText.of(code.co_filename)
        maker = text.maker_of(kind) if text is not None else None
        return _Made(text, maker.body[-1], "self") if text is not None and maker is not None else None
    for line, name in report.graph.held:
        text = SourceText.of(line.file)
        statement = text.assignment(name, line.number) if text is not None else None
        if text is not None and statement is not None:
            return _Made(text, statement, name)
    return None


def _drawn(scheme: str, functions: str, weight: str) -> str | None:
    gain = re.fullmatch(r"orthogonal:gain=([\d.e+-]+)", scheme)
    call = f"{{}}.orthogonal_([], gain={gain[1]})" if gain else _DRAWN.get(scheme)
    return call.replace("{}", functions).replace("[]", weight) if call is not None else None


def _redrawn(report: Report, remedy: _Remedy) -> list[Edit]:
    made, lines = _made(report), _drawing(report, remedy.get("scheme", ""))
    return made.with_lines(lines) if made is not None and lines else []


def _drawing(report: Report, scheme: str) -> list[str]:
    """What draws the weights of every layer; empty where it cannot be written."""
    made = _made(report)
    layers = _layers(report)
    kinds = [_type_of(report, node.module) for node in layers]
    if made is None or not layers or any(kind is None or kind.__name__ not in _LAYERS for kind in kinds):
        return []
    spoken = made.text.spoken("torch.nn")
    drawn = _drawn(scheme, f"{spoken}.init", "module.weight")
    if spoken is None or drawn is None:
        return []
    names = sorted({f"{spoken}.{kind.__name__}" for kind in kinds if kind is not None})
    of_kind = f"({', '.join(names)})" if len(names) > 1 else names[0]
    lines = [f"for module in {made.name}.modules():", f"    if isinstance(module, {of_kind}):", f"        {drawn}"]
    with_bias = [len(node.inputs) > 2 and bool(node.inputs[2]) for node in layers]
    if all(with_bias):
        lines.append(f"        {spoken}.init.zeros_(module.bias)")
    elif any(with_bias):
        lines += ["        if module.bias is not None:", f"            {spoken}.init.zeros_(module.bias)"]
    return lines


def _scaled_layer(report: Report, remedy: _Remedy) -> list[Edit]:
    made = _made(report)
    layers = _layers(report)
    if made is None or not layers:
        return []
    first, last = remedy.get("layers") or (len(layers), len(layers))
    spoken = made.text.spoken("torch")
    scaled = layers[first - 1 : last]
    if spoken is None or any(_type_of(report, node.module) is None or len(node.inputs) < 2 for node in scaled):
        return []
    lines = [f"with {spoken}.no_grad():"]
    lines += [f"    {made.attribute(node.inputs[1])}.mul_({float(remedy['value']):.3g})" for node in scaled]
    return made.with_lines(lines)


@dataclass(frozen=True)
class _Maker:
    """Of a module of PyTorch's: who holds it, where that is made, and what the attribute is made of."""

    owner: str
    attribute: str
    text: SourceText
    within: ast.stmt
    made: ast.expr | None


def _maker_of_module(report: Report, path: str) -> _Maker | None:
    words = path.split(".")
    for count in range(len(words) - 1, -1, -1):
        kind = _type_of(report, ".".join(words[:count]))
        if kind is None or _is_of_torch(kind):
            continue
        code = getattr(kind.__dict__.get("__init__"), "__code__", None)
        text = SourceText.of(code.co_filename) if code is not None and not is_installed(code.co_filename) else None
        maker = text.maker_of(kind) if text is not None else None
        if text is None or maker is None:
            return None
        return _Maker(kind.__qualname__, words[count], text, maker, _made_as(maker, words[count]))
    made = _made(report)
    statement = made.last if made is not None else None
    if made is None or not isinstance(statement, ast.Assign):
        return None
    return _Maker("", "", made.text, statement, statement.value)


def _made_as(maker: ast.FunctionDef, attribute: str) -> ast.expr | None:
    """What ``self.attribute`` is made of."""
    for node in ast.walk(maker):
        if not isinstance(node, (ast.Assign, ast.AnnAssign)):
            continue
        targets = node.targets if isinstance(node, ast.Assign) else [node.target]
        if any(isinstance(target, ast.Attribute) and target.attr == attribute for target in targets):
            return node.value
    return None


def _normed_layers(report: Report) -> list[Node] | None:
    """The layers in front of a nonlinearity that has no norm; ``None`` where something else is in front of one."""
    assert report.graph is not None
    makers = {value: node for node in report.graph.nodes for value in node.outputs}
    layers = {id(node) for node in _layers(report)}
    found: dict[str, Node] = {}
    for node in report.graph.nodes:
        before = makers.get(node.inputs[0]) if node.op in _NONLINEARITIES else None
        if before is None or before.op in _NORMS:
            continue
        if id(before) not in layers:
            return None
        found[before.name] = before
    return list(found.values())


def _norm(node: Node, kind: str, scheme: str) -> str | None:
    """The module that is put behind a layer; ``None`` where the library puts none."""
    if kind != "Linear":
        return f"BatchNorm{kind[-2]}d" if scheme != "layer" else None
    return "BatchNorm1d" if len(node.shape) == 2 and scheme != "layer" else "LayerNorm"


def _size(text: SourceText, call: ast.expr) -> str:
    """What a layer gives out, as its maker says it; empty where it does not."""
    if not isinstance(call, ast.Call):
        return ""
    if len(call.args) > 1 and not any(isinstance(argument, ast.Starred) for argument in call.args[:2]):
        return text.segment(call.args[1])
    named = {word.arg: word.value for word in call.keywords}
    value = named.get("out_features") or named.get("out_channels")
    return text.segment(value) if value is not None else ""


def _added_norms(report: Report, remedy: _Remedy) -> list[Edit]:
    held: dict[tuple[str, str], tuple[_Maker, list[Node]]] = {}
    for node in _normed_layers(report) or ():
        maker = _maker_of_module(report, node.module)
        kind = _type_of(report, node.module)
        if maker is None or kind is None or not _is_of_torch(kind) or kind.__name__ not in _LAYERS:
            return []
        held.setdefault((maker.owner, maker.attribute), (maker, []))[1].append(node)
    texts: dict[str, tuple[SourceText, list[Change]]] = {}
    for maker, nodes in held.values():
        kind = _type_of(report, nodes[0].module)
        norms = {_norm(node, kind.__name__, remedy.get("scheme", "")) for node in nodes} if kind is not None else set()
        norm = norms.pop() if len(norms) == 1 else None
        own = _changes_for_norm(report, maker, kind.__name__, norm, nodes) if kind is not None and norm else []
        if not own:
            return []
        texts.setdefault(maker.text.file, (maker.text, []))[1].extend(own)
    return [edit for text, changes in texts.values() for edit in text.edits(changes)]


def _changes_for_norm(report: Report, maker: _Maker, kind: str, norm: str, nodes: Iterable[Node]) -> list[Change]:
    """Behind every layer of a list that a nonlinearity follows, else around the layer that an attribute holds."""
    text = maker.text
    spoken = text.spoken("torch.nn")
    if maker.made is None or spoken is None:
        return []
    own_calls = [c for c in ast.walk(maker.made) if isinstance(c, ast.Call) and name_called(c) == kind]
    changes: list[Change] = []
    sizes: list[str] = []
    # In a list that the attribute's line spells out, else in one that was made before it.
    for within in dict.fromkeys((maker.made, maker.within)):
        if changes:
            break
        for layer, after in neighbours(within):
            if name_called(layer) == kind and name_called(after) in _MODULES_OF_NONLINEARITIES:
                sizes.append(_size(text, layer))
                changes.append(behind(layer, f", {spoken}.{norm}({sizes[-1]})"))
        for layer, after, statement in appended(within):
            if name_called(layer) == kind and name_called(after) in _MODULES_OF_NONLINEARITIES:
                sizes.append(_size(text, layer))
                head = text.segment(statement.value.func)  # type: ignore[attr-defined]
                line = f"{head}({spoken}.{norm}({sizes[-1]}))"
                changes.append(behind(statement, "\n" + " " * statement.col_offset + line))
    if not changes and len(own_calls) == 1 and _all_are(report, maker.attribute, kind, nodes):
        sizes.append(_size(text, own_calls[0]))
        changes = [
            in_front(own_calls[0], f"{spoken}.Sequential("),
            behind(own_calls[0], f", {spoken}.{norm}({sizes[-1]}))"),
        ]
    return changes if all(sizes) else []


def _all_are(report: Report, attribute: str, kind: str, nodes: Iterable[Node]) -> bool:
    """Whether every layer that an attribute holds is one of these nodes'."""
    assert report.graph is not None
    wanted = {node.module for node in nodes}
    heads = {path[: _end_of(path, attribute)] for path in wanted}
    held = {path for path, own in report.graph.types.items() if own.__name__ == kind}
    return all(path in wanted for path in held if any(path == head or path.startswith(head + ".") for head in heads))


def _end_of(path: str, attribute: str) -> int:
    """Where in a path the attribute ends."""
    found = [match.end(1) for match in re.finditer(rf"(?:^|\.)({re.escape(attribute)})(?=\.|$)", path)]
    return found[-1] if found else len(path)


def _replaced_nonlinearities(report: Report, remedy: _Remedy) -> list[Edit]:
    assert report.graph is not None
    if remedy.get("scheme") != "relu":
        return []
    texts: dict[str, tuple[SourceText, list[Change]]] = {}
    for node in report.graph.nodes:
        if node.op not in _NONLINEARITIES or node.op == "Relu" or node.outputs[0] in report.graph.outputs:
            continue
        text, own = _rectified(report, node)
        if text is None or not own:
            return []
        texts.setdefault(text.file, (text, []))[1].extend(own)
    made, lines = _made(report), _drawing(report, "he")
    if not texts or made is None or not lines:
        return []
    texts.setdefault(made.text.file, (made.text, []))[1].append(made.text.below(made.last, lines))
    return [edit for text, changes in texts.values() for edit in text.edits(changes)]


def _rectified(report: Report, node: Node) -> tuple[SourceText | None, list[Change]]:
    """The line that makes or calls a nonlinearity, with a rectifier."""
    kind = _type_of(report, node.module)
    if kind is not None and _is_of_torch(kind):
        maker = _maker_of_module(report, node.module)
        if maker is None:
            return None, []
        text, name = maker.text, kind.__name__
        calls = [c for c in ast.walk(maker.within) if isinstance(c, ast.Call) and name_called(c) == name]
        made = [replaced(c, text.segment(c.func).removesuffix(name) + "ReLU()") for c in calls]
        return text, [change for change in made if change is not None]
    line = node.caller
    called = SourceText.of(line.file) if line is not None and line == node.source else None
    if called is None or line is None:
        return None, []
    functions = [
        call.func
        for call in ast.walk(called.tree)
        if isinstance(call, ast.Call) and call.lineno == line.number and name_called(call) == node.function
    ]
    ends = [replaced(f, called.segment(f).removesuffix(node.function) + "relu") for f in functions]
    return called, [change for change in ends if change is not None]


#: Of each kind of remedy what writes it.
WRITERS: dict[str, Callable[[Report, _Remedy], list[Edit]]] = {
    "scale_branches": _scaled_branches,
    "redraw": _redrawn,
    "add_norm": _added_norms,
    "replace_nonlinearity": _replaced_nonlinearities,
    "scale_layer": _scaled_layer,
}
