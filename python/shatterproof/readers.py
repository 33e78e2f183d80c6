# SPDX-License-Identifier: Apache-2.0
"""How the arguments of a call become the inputs of an ONNX operator."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import torch

from .arguments import argument, tensors_in

Operands = list[torch.Tensor | None]
Attribute = int | float | str | list[int]

#: A node whose function has no ONNX operator: a value that depends on its inputs, and nothing more is known.
OPAQUE = "Opaque"


@dataclass(frozen=True)
class Operation:
    """What one call of a function is.

    Attributes
    ----------
    op
        The operator, in ONNX's words.
    operands
        Its inputs in the operator's order, tensors of the call; ``None`` where one is left out.
    attributes
        Those that decide the layout of weights.
    """

    op: str
    operands: Operands
    attributes: dict[str, Attribute] = field(default_factory=dict)


Reader = Callable[[Sequence[Any], Mapping[str, Any]], Operation]


def all_tensors(op: str) -> Reader:
    """Every tensor of the call, but where its result is written to."""

    def read(args: Sequence[Any], kwargs: Mapping[str, Any]) -> Operation:
        return Operation(op, [*tensors_in(args), *tensors_in({k: v for k, v in kwargs.items() if k != "out"})])

    return read


def first_of(op: str, *names: str) -> Reader:
    """The first argument, and those named."""
    wanted = names or ("input",)

    def read(args: Sequence[Any], kwargs: Mapping[str, Any]) -> Operation:
        found = [argument(args, kwargs, i, name) for i, name in enumerate(wanted)]
        return Operation(op, [t if isinstance(t, torch.Tensor) else None for t in found])

    return read


def along_axis(op: str) -> Reader:
    """The first argument, along the axis that is said behind it, or the one that PyTorch takes where none is."""

    def read(args: Sequence[Any], kwargs: Mapping[str, Any]) -> Operation:
        x, axis = argument(args, kwargs, 0, "input"), argument(args, kwargs, 1, "dim")
        if not isinstance(x, torch.Tensor):
            return Operation(op, [None])
        if axis is None:
            axis = 0 if x.dim() in (0, 1, 3) else 1
        return Operation(op, [x], {"axis": axis % max(1, x.dim())} if isinstance(axis, int) else {})

    return read


def at_positions(op: str, **positions: int) -> Reader:
    """The arguments named, at these positions."""

    def read(args: Sequence[Any], kwargs: Mapping[str, Any]) -> Operation:
        found = [argument(args, kwargs, position, name) for name, position in positions.items()]
        return Operation(op, [t if isinstance(t, torch.Tensor) else None for t in found])

    return read


def _operand(value: Any) -> torch.Tensor | None:
    """A tensor, also of a number."""
    if isinstance(value, torch.Tensor):
        return value
    return torch.tensor(float(value)) if isinstance(value, (int, float)) else None


def of_two(op: str) -> Reader:
    """Two operands, each a tensor or a number; of one tensor and other arguments (an axis), the tensor."""

    def read(args: Sequence[Any], kwargs: Mapping[str, Any]) -> Operation:
        a, b = argument(args, kwargs, 0, "input"), argument(args, kwargs, 1, "other")
        return Operation(op, [_operand(a), _operand(b)])

    return read


def to_the(power: float) -> Reader:
    """The first argument to this power."""

    def read(args: Sequence[Any], kwargs: Mapping[str, Any]) -> Operation:
        return Operation("Pow", [_operand(argument(args, kwargs, 0, "input")), _operand(power)])

    return read


def bounded(least: str | None, most: str | None) -> Reader:
    """The first argument between bounds of these names, in their order, as far as these are numbers."""

    def read(args: Sequence[Any], kwargs: Mapping[str, Any]) -> Operation:
        x = argument(args, kwargs, 0, "input")
        names = [(name, said) for name, said in (("min", least), ("max", most)) if said is not None]
        given = [(name, argument(args, kwargs, i, said)) for i, (name, said) in enumerate(names, 1)]
        bounds: dict[str, Attribute] = {n: float(v) for n, v in given if isinstance(v, (int, float))}
        return Operation("Clip", [x if isinstance(x, torch.Tensor) else None], bounds)

    return read


def sum_of(args: Sequence[Any], kwargs: Mapping[str, Any]) -> Operation:
    """A sum a + alpha b of tensors or numbers."""
    a = argument(args, kwargs, 0, "input")
    b = argument(args, kwargs, 1, "other")
    alpha = kwargs.get("alpha", 1)
    operands = [_operand(a), _operand(b)]
    if alpha != 1 and operands[1] is not None:
        return Operation("Add", operands, {"alpha": float(alpha)})
    return Operation("Add", operands)


def linear(args: Sequence[Any], kwargs: Mapping[str, Any]) -> Operation:
    """A linear map x W^T + b, its weight W [out, in]."""
    names = ("input", "weight", "bias")
    return Operation("Gemm", [argument(args, kwargs, i, name) for i, name in enumerate(names)], {"transB": 1})


def added_product(args: Sequence[Any], kwargs: Mapping[str, Any]) -> Operation:
    """A product of matrices added to the first argument, as of ``addmm``."""
    bias = argument(args, kwargs, 0, "input")
    return Operation("Gemm", [argument(args, kwargs, 1, "mat1"), argument(args, kwargs, 2, "mat2"), bias])


def convolution(op: str) -> Reader:
    """A convolution, transposed or not, with its groups."""

    def read(args: Sequence[Any], kwargs: Mapping[str, Any]) -> Operation:
        operands = [argument(args, kwargs, i, name) for i, name in enumerate(("input", "weight", "bias"))]
        return Operation(op, operands, {"group": int(argument(args, kwargs, 6, "groups", 1))})

    return read


def einsum(args: Sequence[Any], kwargs: Mapping[str, Any]) -> Operation:
    """Tensors under an equation, or with lists of axes between them."""
    if args and isinstance(args[0], str):
        return Operation("Einsum", list(tensors_in(args[1:])), {"equation": args[0]})
    return Operation("Einsum", list(tensors_in(args)))


def embedding(args: Sequence[Any], kwargs: Mapping[str, Any]) -> Operation:
    """Rows of the weight that the input numbers."""
    return Operation("Gather", [argument(args, kwargs, 1, "weight"), argument(args, kwargs, 0, "input")])


def recurrent_cell(op: str) -> Reader:
    """A step of a recurrence: the input, its weight, that of the state, and the states."""

    def read(args: Sequence[Any], kwargs: Mapping[str, Any]) -> Operation:
        x, state, w_input, w_state = (
            argument(args, kwargs, i, n) for i, n in enumerate(("input", "hx", "w_ih", "w_hh"))
        )
        states = tensors_in(state)
        return Operation(op, [x, w_input, w_state, None, None, *states])

    return read
