# SPDX-License-Identifier: Apache-2.0
"""What a call could leave behind in a model, and whether it has."""

import torch


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


class Refusal(Exception):
    """Of a module that was told to refuse."""


def refusing(model, module, call):
    """Calls while the module refuses its first pass, then while it refuses its second; the model is as before."""

    def refuse(*_):
        refuse.passes += 1
        if refuse.passes > refuse.allowed:
            raise Refusal

    for allowed in (0, 1):
        refuse.passes, refuse.allowed = 0, allowed
        handle = module.register_forward_pre_hook(refuse)
        before = snapshot(model)
        try:
            call()
        except Refusal:
            pass
        assert_same(before, snapshot(model))
        handle.remove()
