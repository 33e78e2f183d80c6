# SPDX-License-Identifier: Apache-2.0
"""A model is bit for bit what it was, also after an exception at any of its modules."""

import copy

import models
import pytest
import torch
from traces import assert_same, prepared, refusing, snapshot

import shatterproof as sp

MODELS = models.everything()


@pytest.mark.parametrize("name,model,batch", MODELS, ids=[m[0] for m in MODELS])
def test_check_leaves_no_trace(name, model, batch):
    model = prepared(copy.deepcopy(model))
    before, given = snapshot(model), copy.deepcopy(batch)
    sp.check(model, batch, rehearsal_seconds=2)
    assert_same(before, snapshot(model))
    for old, new in zip(
        sp.examples.Examples(model, given).tensors.values(), sp.examples.Examples(model, batch).tensors.values()
    ):
        assert torch.equal(old, new)


@pytest.mark.parametrize("name,model,batch", MODELS, ids=[m[0] for m in MODELS])
def test_new_weights_are_for_the_check_only(name, model, batch):
    model = prepared(copy.deepcopy(model))
    before = snapshot(model)
    sp.check(model, batch, init="he", seeds=2, rehearsal_seconds=1)
    assert_same(before, snapshot(model))


class Caching(torch.nn.Module):
    """Computes once what it then keeps, as position biases and masks are."""

    def __init__(self):
        super().__init__()
        self.fc, self.bias = torch.nn.Linear(8, 8), torch.nn.Parameter(torch.ones(8))
        self.cache, self.seen = {}, []

    def forward(self, x):
        self.seen.append(len(x))
        if "bias" not in self.cache:
            self.cache["bias"] = torch.tanh(self.bias) + 1
        return torch.relu(self.fc(x) * self.cache["bias"])


def test_what_a_module_keeps_is_made_in_every_pass_and_forgotten():
    model = Caching()
    model.seen.append(7)
    cache, seen = model.cache, model.seen
    assert sp.check(model, torch.randn(6, 8), rehearsal_seconds=1).verdict
    assert model.cache is cache and cache == {} and model.seen is seen and seen == [7]


@pytest.mark.parametrize("name,model,batch", MODELS, ids=[m[0] for m in MODELS])
def test_an_exception_at_any_module_leaves_no_trace(name, model, batch):
    model = prepared(copy.deepcopy(model))
    for module in model.modules():
        refusing(model, module, lambda: sp.measure(model, batch, "gradient_correlation"))
