# SPDX-License-Identifier: Apache-2.0
"""A model is bit for bit what it was, also after an exception at any of its modules."""

import copy

import models
import pytest
import torch

import shatterproof as sp

MODELS = models.everything()


def snapshot(model):
    return {
        "tensors": {k: v.clone() for k, v in {**dict(model.named_parameters()), **dict(model.named_buffers())}.items()},
        "identities": [id(t) for t in [*model.parameters(), *model.buffers()]],
        "requires_grad": [p.requires_grad for p in model.parameters()],
        "gradients": [None if p.grad is None else (id(p.grad), p.grad.clone()) for p in model.parameters()],
        "modes": [m.training for m in model.modules()],
        "hooks": [(len(m._forward_hooks), len(m._forward_pre_hooks), len(m._backward_hooks)) for m in model.modules()],
        "attributes": [
            {k: v for k, v in m.__dict__.items() if isinstance(v, (int, float, str))} for m in model.modules()
        ],
        "random": torch.get_rng_state().clone(),
        "grad_mode": torch.is_grad_enabled(),
    }


def assert_same(before, after):
    assert before["tensors"].keys() == after["tensors"].keys()
    for name, tensor in before["tensors"].items():
        assert torch.equal(tensor, after["tensors"][name]), name
    for one, other in zip(before["gradients"], after["gradients"]):
        assert (one is None) == (other is None)
        assert one is None or (one[0] == other[0] and torch.equal(one[1], other[1]))
    assert torch.equal(before["random"], after["random"])
    for key in ("identities", "requires_grad", "modes", "hooks", "attributes", "grad_mode"):
        assert before[key] == after[key], key


def prepared(model):
    """In training, with gradients, one parameter frozen and half of the modules in evaluation."""
    model.train()
    for i, parameter in enumerate(model.parameters()):
        parameter.requires_grad_(i != 1)
        parameter.grad = torch.full_like(parameter, 0.5) if i % 2 else None
    for module in list(model.modules())[1::2]:
        module.training = False
    return model


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


class Refusal(Exception):
    pass


@pytest.mark.parametrize("name,model,batch", MODELS, ids=[m[0] for m in MODELS])
def test_an_exception_at_any_module_leaves_no_trace(name, model, batch):
    model = prepared(copy.deepcopy(model))

    def refuse(module, *_):
        refuse.passes += 1
        if refuse.passes > refuse.allowed:
            raise Refusal

    for module in model.modules():
        for allowed in (0, 1):
            refuse.passes, refuse.allowed = 0, allowed
            handle = module.register_forward_pre_hook(refuse)
            before = snapshot(model)
            try:
                sp.measure(model, batch, "gradient_correlation")
            except Refusal:
                pass
            assert_same(before, snapshot(model))
            handle.remove()
