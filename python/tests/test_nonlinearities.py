# SPDX-License-Identifier: Apache-2.0
"""What the package takes for a nonlinearity is what the library does."""

import re
from pathlib import Path

import torch
from test_trace import graph_of, operators
from torch import nn

from shatterproof.nonlinearities import MODULES, NONLINEARITIES, UNWRITTEN

OPERATORS = Path(__file__).resolve().parents[2] / "src" / "network" / "operators"


def test_they_are_the_nonlinearities_of_the_operator_table():
    rows = [
        row for file in OPERATORS.glob("*.cpp") for row in re.findall(r'"(\w+)", OperatorRole::(\w+)', file.read_text())
    ]
    found = {name for name, role in rows if role == "nonlinearity"}
    assert len(found) >= 30 and found == NONLINEARITIES | UNWRITTEN
    assert NONLINEARITIES.isdisjoint(UNWRITTEN)


def operators_of(kind):
    """Of a pass of a module made without arguments; empty where it cannot be."""
    try:
        return operators(graph_of(kind(), torch.randn(4, 8)))
    except (AssertionError, TypeError, ValueError, RuntimeError):
        return []


def test_modules_are_those_that_make_one_of_them():
    kinds = {name: kind for name, kind in vars(nn).items() if isinstance(kind, type) and issubclass(kind, nn.Module)}
    found = {
        name: operators_of(kind) for name, kind in kinds.items() if kind.__module__ == "torch.nn.modules.activation"
    }
    silu = ["Sigmoid", "Mul"]
    made = {name for name, ops in found.items() if ops == silu or (len(ops) == 1 and ops[0] in NONLINEARITIES)}
    assert made == MODULES
