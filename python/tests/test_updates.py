# SPDX-License-Identifier: Apache-2.0
"""Steps and noise of gradients, beside plain PyTorch."""

import copy
import json

import pytest
import torch
from torch import nn

from shatterproof import _native
from shatterproof.check import _call, _prepared

SINGLE = 1e-4  # relative: float32


def model():
    torch.manual_seed(3)
    return nn.Sequential(nn.Linear(6, 16), nn.Tanh(), nn.Linear(16, 12), nn.ReLU(), nn.Linear(12, 4)).eval()


def batch():
    generator = torch.Generator().manual_seed(4)
    x = torch.randn(24, 6, generator=generator)
    return x, (x[:, 0] > 1).long()  # mostly one class: gradients have something in common


def readings(network, name):
    x, labels = batch()
    with _prepared(network, x, labels, None) as live:
        lines = _native.measure(_call(live, network, labels, "loss", None, 0, 1), [name])
    found = [r for r in map(json.loads, lines.splitlines()) if r["kind"] == "reading"]
    return {r["name"]: r.get("undefined") or r.get("y") or r["value"] for r in found}


@pytest.mark.parametrize(
    "name, optimizer",
    [
        ("update_ratio", lambda parameters: torch.optim.Adam(parameters, lr=1e-3)),
        ("update_ratio_sgd", lambda parameters: torch.optim.SGD(parameters, lr=0.1)),
    ],
)
def test_the_first_step_is_that_of_an_optimizer(name, optimizer):
    network = model()
    x, labels = batch()
    trained = copy.deepcopy(network)
    nn.functional.cross_entropy(trained(x), labels).backward()
    optimizer(trained.parameters()).step()
    expected = [
        ((after.weight - before.weight).norm() / before.weight.norm()).item()
        for before, after in zip(network, trained)
        if isinstance(before, nn.Linear)
    ]
    assert readings(network, "update_ratio")[name] == pytest.approx(expected, rel=SINGLE)
