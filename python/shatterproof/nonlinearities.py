# SPDX-License-Identifier: Apache-2.0
"""Which operators and modules are nonlinearities of one value, and which nodes are one by themselves."""

from __future__ import annotations

from .graph import Node

NONLINEARITIES = frozenset(
    "Relu Clip LeakyRelu PRelu Elu Celu Selu Gelu HardSigmoid HardSwish Mish Sigmoid Softplus Softsign Tanh".split()
)

#: Those that the library takes for nonlinearities too, and no line is written for.
UNWRITTEN = frozenset("Acos Acosh Asin Asinh Atan Atanh Cos Cosh Erf Shrink Sin Sinh Swish Tan ThresholdedRelu".split())

MODULES = frozenset(
    "ReLU ReLU6 Hardtanh LeakyReLU RReLU PReLU ELU CELU SELU GELU Hardsigmoid Hardswish LogSigmoid Mish Sigmoid SiLU "
    "Softplus Softsign Tanh".split()
)

#: Readers of a nonlinearity with which it may be part of something else: a gate, a GELU that is written out.
_ARITHMETIC = (
    NONLINEARITIES
    | UNWRITTEN
    | frozenset("Mul Div Sub Pow Exp Log Sqrt Neg Reciprocal Max Min Where Abs Opaque".split())
)


def stands_alone(node: Node, nodes: list[Node]) -> bool:
    """Whether a nonlinearity is one by itself, or with its product a SiLU that one call makes."""
    for reader in nodes:
        if node.outputs[0] not in reader.inputs:
            continue
        inputs = {node.inputs[0], node.outputs[0]}
        is_silu = reader.op == "Mul" and set(reader.inputs) == inputs
        if is_silu and (reader.module, reader.source, reader.span) == (node.module, node.source, node.span):
            continue
        if reader.op in _ARITHMETIC or (reader.op == "Add" and not _adds_values(reader, nodes)):
            return False
    return True


def _adds_values(node: Node, nodes: list[Node]) -> bool:
    made = {value for one in nodes for value in one.outputs}
    return all(value in made for value in node.inputs)
