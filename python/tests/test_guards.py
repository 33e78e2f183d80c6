# SPDX-License-Identifier: Apache-2.0
"""What keeps a divisor from 0 is no nonlinearity, and what cuts numbers off is one."""

import pytest
import torch
from torch import nn
from torch.nn import functional as F

import shatterproof as sp

GUARDS = {
    "normalize": F.normalize,
    "norm and clamp": lambda x: x / x.norm(dim=1, keepdim=True).clamp(min=1e-8),
    "root of a clamp": lambda x: x / x.pow(2).sum(1, keepdim=True).clip(1e-8).sqrt().expand_as(x),
    "rsqrt": lambda x: x * x.square().sum(1, keepdim=True).clamp_min(1e-8).rsqrt(),
    "maximum": lambda x: x / torch.maximum(x.norm(dim=1, keepdim=True), torch.tensor(1e-8)),
    "logarithm": lambda x: torch.softmax(x, 1).clamp(1e-7).log(),
}
CUTS = {
    "at zero": lambda x: x.clamp(min=0),
    "at a small number": lambda x: x.clamp_min(1e-8),
    "from above": lambda x: x.clamp(max=1e-3),
    "on both sides": lambda x: x.clamp(1e-3, 1),
    "divisor with an upper bound": lambda x: x / x.norm(dim=1, keepdim=True).clamp(1e-8, 1),
}


class Ending(nn.Module):
    def __init__(self, end):
        super().__init__()
        self.body, self.end = nn.Sequential(nn.Linear(20, 32), nn.ReLU(), nn.Linear(32, 8)), end

    def forward(self, x):
        return self.end(self.body(x))


def nonlinearities(end):
    report = sp.measure(Ending(end), torch.randn(16, 20), "gradient_variance")
    (graph,) = [record for record in report.records if record["kind"] == "graph"]
    return max(node["depth"] for node in graph["nodes"])


@pytest.mark.parametrize("name", GUARDS)
def test_what_keeps_a_divisor_from_0_is_no_nonlinearity(name):
    assert nonlinearities(GUARDS[name]) == 1


@pytest.mark.parametrize("name", CUTS)
def test_what_cuts_numbers_off_is_one(name):
    assert nonlinearities(CUTS[name]) == 2


def test_an_embedding_of_length_1_is_healthy():
    assert sp.check(Ending(F.normalize), torch.randn(64, 20), rehearsal_seconds=0).verdict == "healthy"
