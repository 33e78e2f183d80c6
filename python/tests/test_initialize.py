# SPDX-License-Identifier: Apache-2.0
"""Initializers of the library, in modules of PyTorch."""

import models
import torch
from torch import nn

import shatterproof as sp


def test_orthogonal_weights_are_orthogonal():
    net = models.Mlp(16, 2)
    sp.init_(net, "orthogonal:gain=1")
    weight = net.layers[0].weight.detach().double()
    assert torch.allclose(weight @ weight.t(), torch.eye(16, dtype=torch.float64), atol=1e-5)
    assert net.layers[0].bias.abs().max() == 0


def test_a_draw_is_a_function_of_seed_and_name():
    one, other = models.Mlp(), models.Mlp()
    sp.init_(one, "he", seed=4)
    sp.init_(other, "he", torch.randn(4, 16), seed=4)
    assert all(torch.equal(a, b) for a, b in zip(one.parameters(), other.parameters()))
    sp.init_(other, "he", seed=5)
    assert not torch.equal(one.head.weight, other.head.weight)


def test_looks_linear_makes_a_concatenated_rectifier_linear():
    class Mirrored(nn.Module):
        def __init__(self):
            super().__init__()
            self.a, self.b, self.c = nn.Linear(8, 8), nn.Linear(16, 8), nn.Linear(16, 3)

        def forward(self, x):
            for layer in (self.a, self.b):
                z = layer(x)
                x = torch.cat([torch.relu(z), torch.relu(-z)], 1)
            return self.c(x)

    net, batch = Mirrored(), torch.randn(6, 8)
    sp.init_(net, "looks_linear", batch)
    x, y = torch.randn(5, 8), torch.randn(5, 8)
    with torch.no_grad():
        assert torch.allclose(net(x + y), net(x) + net(y), atol=1e-5)


def test_normalizations_begin_as_the_identity():
    net = models.Residual()
    with torch.no_grad():
        net.blocks[0].norm.weight.fill_(3)
    sp.init_(net, "he", torch.randn(6, 8))
    assert net.blocks[0].norm.weight.eq(1).all()
