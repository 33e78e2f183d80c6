# SPDX-License-Identifier: Apache-2.0
"""Where a model keeps its examples changes no reading."""

import copy

import pytest
import torch
import torch.nn.functional as F
from torch import nn

import shatterproof as sp
from shatterproof.arrangement import examples_first

NAMES = ("gradient_variance", "gradient_correlation", "activation_fraction", "preactivation_std", "dilution")
SUMS = 1e-5  # relative: other orders of summation


class Sequence(nn.Module):
    """The same function of [examples, steps, numbers], computed in another arrangement."""

    def __init__(self, arrangement):
        super().__init__()
        self.embedding = nn.Embedding(9, 8)
        self.layers = nn.ModuleList(nn.Linear(8, 8) for _ in range(3))
        self.arrangement = arrangement

    def forward(self, tokens):
        steps = tokens.size(1)
        if self.arrangement == "steps first":
            x = self.embedding(tokens.t())
        else:
            x = self.embedding(tokens)
            x = x.reshape(-1, 8) if self.arrangement == "rows" else x
        for layer in self.layers:
            x = x + F.relu(layer(x))
        return x.transpose(0, 1) if self.arrangement == "steps first" else x.reshape(-1, steps, 8)


@pytest.mark.parametrize("arrangement", ["steps first", "rows"])
def test_where_the_examples_lie_changes_no_reading(arrangement):
    plain = Sequence("examples first")
    other = copy.deepcopy(plain)
    other.arrangement = arrangement
    tokens = torch.randint(0, 9, (6, 5))
    one, two = (sp.measure(net, tokens, *NAMES, functional="sum").readings for net in (plain, other))
    assert [(r["name"], r["type"]) for r in one] == [(r["name"], r["type"]) for r in two]
    for a, b in zip(one, two):
        x, y = (torch.tensor(r.get("y") or r.get("values") or [r["value"]], dtype=torch.float64) for r in (a, b))
        assert torch.allclose(x, y, rtol=SUMS, atol=SUMS * float(x.abs().max())), (a["name"], x, y)


def test_what_is_arranged_comes_back_as_it_was():
    for shape in ((5, 6, 8), (30, 8), (30, 5, 8)):
        tensor = torch.randn(shape)
        arranged = examples_first(tensor, 6)
        assert arranged.shown.size(0) == 6
        assert torch.equal(arranged.back(arranged.shown), tensor)
    assert examples_first(torch.randn(6, 5), 6) is None, "they are first"
    assert examples_first(torch.randn(7, 5), 6) is None, "they are nowhere"
