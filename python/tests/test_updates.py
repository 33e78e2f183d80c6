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


def gradients_of_examples(network, weights):
    x, labels = batch()
    rows = []
    for i in range(len(x)):
        loss = nn.functional.cross_entropy(network(x[i : i + 1]), labels[i : i + 1])
        rows.append(torch.cat([g.flatten() for g in torch.autograd.grad(loss, weights)]).double())
    return torch.stack(rows)


def simple_noise_scale(gradients):
    trace = gradients.var(0).sum().item()
    signal = gradients.mean(0).square().sum().item() - trace / len(gradients)
    return trace / signal


def test_the_noise_scale_is_that_of_per_example_gradients():
    network = model()
    read = readings(network, "gradient_noise_scale:parts=24")
    whole = simple_noise_scale(gradients_of_examples(network, list(network.parameters())))
    assert read["gradient_noise_scale"] == pytest.approx(whole, rel=SINGLE)
    layers = [
        simple_noise_scale(gradients_of_examples(network, [layer.weight]))
        for layer in network
        if isinstance(layer, nn.Linear)
    ]
    assert read["gradient_noise_scale_of_layers"] == pytest.approx(layers, rel=SINGLE)


def test_parts_are_mini_batches():
    network = model()
    gradients = gradients_of_examples(network, list(network.parameters())).view(6, 4, -1).mean(1)
    # Var of means of b is tr(Sigma)/b.
    trace = 4 * gradients.var(0).sum().item()
    signal = gradients.mean(0).square().sum().item() - trace / 24
    read = readings(network, "gradient_noise_scale:parts=6")
    assert read["gradient_noise_scale"] == pytest.approx(trace / signal, rel=SINGLE)


def test_what_16_bits_lose_is_what_pytorch_rounds_away():
    network = model()
    x, labels = batch()
    with torch.no_grad():
        network[0].weight.mul_(1e-6)
        network[0].bias.mul_(1e-6)
    loss = nn.functional.cross_entropy(network(x), labels)
    weights = [layer.weight for layer in network if isinstance(layer, nn.Linear)]
    lost, sizes = [], []
    for gradient in torch.autograd.grad(loss, weights):
        half = gradient.half().float()
        lost.append((((half == 0) & (gradient != 0)) | half.isinf()).float().mean().item())
        sizes.append(gradient.abs().max().item())
    read = readings(network, "half_precision")
    assert read["half_gradient_of_weights"] == pytest.approx(lost, abs=1e-6)
    assert 65520 / 2 / max(sizes) >= read["half_loss_scale"] / 2 > 0
