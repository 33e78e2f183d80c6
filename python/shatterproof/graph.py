# SPDX-License-Identifier: Apache-2.0
"""The graph of a forward pass: nodes with ONNX operators, and where in the user's sources each was called."""

from __future__ import annotations

from dataclasses import dataclass, field

import torch

from .readers import OPAQUE, Attribute


@dataclass(frozen=True)
class Line:
    """A line of a source file."""

    file: str
    number: int

    def __str__(self) -> str:
        return f"{self.file}:{self.number}"


@dataclass(frozen=True)
class Span:
    """From where to where an expression stands in a file, columns in bytes of UTF-8."""

    line: int
    end_line: int
    column: int
    end_column: int


@dataclass
class Node:
    """One call of the forward pass.

    Attributes
    ----------
    name
        The path of its module, with the function where the module calls several.
    op
        Its operator in ONNX's words, or ``Opaque``.
    inputs, outputs
        Names of values; an empty input is a constant or left out.
    call
        Its number among the calls of a pass; ``None`` when it was found by its derivative only.
    function, module
        Names of the function called and of the module that called it.
    source, caller
        The innermost line outside PyTorch, and the innermost one outside installed packages.
    span
        The expression of the line ``source`` that makes the call, where it stands in a method of a module of the
        user's own; ``None`` elsewhere, where Python keeps no columns (3.10), and where the file is no longer what ran.
    recurrent
        Directions of a recurrent node, and whether its batch comes first; empty for others.
    first_call
        Of a node that several calls make the first one, whose first operand is what enters; ``None`` for others.
    shape
        Of the first output.
    """

    name: str
    op: str
    inputs: list[str]
    outputs: list[str]
    attributes: dict[str, Attribute] = field(default_factory=dict)
    call: int | None = None
    function: str = ""
    module: str = ""
    source: Line | None = None
    caller: Line | None = None
    span: Span | None = None
    recurrent: tuple[int, bool] | None = None
    known: bool = True
    first_call: int | None = None
    shape: list[int] = field(default_factory=list)

    @property
    def is_choice(self) -> bool:
        """Whether it is a softmax that chooses among classes: one over the examples is not."""
        return self.op in ("Softmax", "LogSoftmax") and self.attributes.get("axis") != 0

    @property
    def is_opaque(self) -> bool:
        """Whether nothing is known of its function."""
        return self.op == OPAQUE and not self.known


@dataclass
class Graph:
    """What one forward pass was.

    Attributes
    ----------
    inputs
        Names of the tensors that depend on the example, and the tensors.
    parameters
        Tensors of the model by name, in the shape in which they are used; no copies.
    trainable
        Of those, what a training may move; of what one stands for others, itself.
    types
        The class of every module, by its path.
    held
        Names that hold the model in the user's code, and the lines that are run there.
    texts
        Of each of the user's files with such lines and spans what tells its text from others.
    """

    inputs: dict[str, torch.Tensor]
    parameters: dict[str, torch.Tensor]
    trainable: set[str]
    nodes: list[Node]
    outputs: list[str]
    types: dict[str, type] = field(default_factory=dict)
    held: list[tuple[Line, str]] = field(default_factory=list)
    texts: dict[str, str] = field(default_factory=dict)

    def node(self, name: str) -> Node | None:
        """The node of that name."""
        return next((node for node in self.nodes if node.name == name), None)

    def unknown_functions(self) -> dict[str, int]:
        """Functions that became opaque nodes, and how often."""
        counted: dict[str, int] = {}
        for node in self.nodes:
            if node.is_opaque:
                counted[node.function] = counted.get(node.function, 0) + 1
        return counted
