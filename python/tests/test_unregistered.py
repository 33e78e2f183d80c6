# SPDX-License-Identifier: Apache-2.0
"""Weights that a pass reads and the model does not list are said, since no optimizer gets them."""

import pytest
import torch
from torch import nn

import shatterproof as sp

X = torch.randn(16, 20)


class Listed(nn.Module):
    """Layers in a list, of which PyTorch knows nothing."""

    def __init__(self, held=list, layers=3):
        super().__init__()
        self.first = nn.Linear(20, 20)
        self.layers = held(nn.Linear(20, 20) for _ in range(layers))
        self.last = nn.Linear(20, 4)

    def forward(self, x):
        x = self.first(x)
        for layer in self.layers:
            x = torch.relu(layer(x))
        return self.last(x)


class Computed(Listed):
    """A weight that is computed before it meets the input."""

    def __init__(self):
        super().__init__(list, 0)
        self.factors = {"last": nn.Parameter(torch.randn(4, 4))}

    def forward(self, x):
        return super().forward(x) @ torch.tanh(self.factors["last"])


class Made(Listed):
    def __init__(self):
        super().__init__(list, 0)

    def forward(self, x):
        return nn.Linear(4, 2)(super().forward(x))


def frozen():
    model = Listed()
    for layer in model.layers:
        layer.requires_grad_(False)
    return model


class Teacher(Listed):
    def forward(self, x):
        with torch.no_grad():
            taught = self.layers[0](x)
        return self.last(self.first(x)) + taught.mean() + self.layers[1](x).mean().detach()


class Tied(Listed):
    def __init__(self):
        super().__init__(list, 0)
        self.layers = [self.first, self.first]


def read_twice():
    """What requires gradients on purpose, and is no weight."""

    class Physical(Listed):
        def forward(self, x):
            return super().forward(x) + torch.zeros(4, requires_grad=True)

    return Physical(nn.ModuleList)


SAID = [
    (
        Listed,
        "6 weights of the pass are no parameters of the model ([20, 20], [20], [20, 20], ...; test_unregistered.py:",
    ),
    (Computed, "a weight of the pass is no parameter of the model ([4, 4]; test_unregistered.py:"),
    (Made, "2 weights"),
]


@pytest.mark.parametrize("make, words", SAID)
def test_weights_that_no_optimizer_gets_are_said(make, words):
    report = sp.check(make(), X, rehearsal_seconds=0)
    (remark,) = report.remarks
    assert words in remark and "nn.ModuleList" in remark
    assert words in " ".join(str(report).split())
    assert remark in report.coverage["approximated"]


@pytest.mark.parametrize("make", [lambda: Listed(nn.ModuleList), frozen, Teacher, Tied, read_twice])
def test_what_is_listed_or_not_to_be_trained_is_not(make):
    assert sp.check(make(), X, rehearsal_seconds=0).remarks == []


def test_such_weights_are_left_as_they_were():
    model = Listed()
    model.layers[0].weight.grad = torch.ones(20, 20)
    before = [layer.weight.detach().clone() for layer in model.layers]
    sp.check(model, X, rehearsal_seconds=1)
    assert torch.equal(model.layers[0].weight.grad, torch.ones(20, 20))
    assert model.layers[1].weight.grad is None
    assert all(layer.weight.requires_grad for layer in model.layers)
    assert all(torch.equal(layer.weight, values) for layer, values in zip(model.layers, before))
