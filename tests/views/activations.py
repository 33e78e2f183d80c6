# SPDX-License-Identifier: Apache-2.0
"""Activations, gates and norms, as modules and written out."""
import math

import torch
from torch import nn
from torch.nn import functional as F

from architecture import architecture, vectors


@architecture(vectors(7), layers=13, nonlinearities=12)
def every_activation():
    """Those that exporters write out, or not, as the operator set has them."""
    activations = [nn.SELU(), nn.CELU(0.7), nn.ELU(0.8), nn.Mish(), nn.SiLU(), nn.Hardswish(), nn.Softplus(2), nn.LogSigmoid(),
                   nn.PReLU(16), nn.Softsign(), nn.Tanhshrink(), nn.ReLU6()]
    parts = []
    for i, activation in enumerate(activations):
        parts += [nn.Linear(7 if i == 0 else 16, 16), activation]
    return nn.Sequential(*parts, nn.Linear(16, 4))


class HandWritten(nn.Module):
    """Activations as authors write them with tensors."""

    FORMS = [
        lambda x: torch.maximum(x, torch.zeros_like(x)),
        lambda x: x.clamp(min=0),
        lambda x: torch.where(x > 0, x, 0.1 * x),
        lambda x: torch.max(x, 0.01 * x),
        lambda x: x * (x > 0).float(),
        lambda x: 0.5 * x * (1 + torch.erf(x / math.sqrt(2))),
        lambda x: 0.5 * x * (1 + torch.tanh(math.sqrt(2 / math.pi) * (x + 0.044715 * torch.pow(x, 3)))),
        lambda x: x * torch.sigmoid(1.702 * x),
        lambda x: x * torch.sigmoid(x),
        lambda x: x * F.relu6(x + 3) / 6,
        lambda x: x * torch.tanh(F.softplus(x)),
        lambda x: torch.log(1 + torch.exp(x)),
        lambda x: x / (1 + x.abs()),
        lambda x: F.relu(x)**2,
        lambda x: torch.square(torch.relu(x)),
        lambda x: torch.where(x > 0, x, torch.exp(x) - 1),
        lambda x: torch.where(x < 0, 0.7 * (torch.exp(x) - 1), x),
        lambda x: x + torch.sin(3 * x)**2 / 3,
        lambda x: x.clamp(-1, 1),
        lambda x: 1.7159 * torch.tanh(2 * x / 3),
        lambda x: (x.abs() + x) / 2,
        lambda x: F.gelu(x),
        lambda x: torch.sigmoid(x) * x,
        lambda x: 1 / (1 + torch.exp(-x)),
    ]

    def __init__(self):
        super().__init__()
        self.layers = nn.ModuleList(nn.Linear(8, 8) for _ in self.FORMS)
        self.head = nn.Linear(8, 2)

    def forward(self, x):
        for layer, activation in zip(self.layers, self.FORMS):
            x = activation(layer(x))
        return self.head(x)


@architecture(vectors(8), layers=25, nonlinearities=24)
def hand_written_activations():
    return HandWritten()


class Norms(nn.Module):
    """Norms as authors write them with tensors."""

    FORMS = [
        lambda x: (x - x.mean(-1, keepdim=True)) / (x.std(-1, keepdim=True, unbiased=False) + 1e-6),
        lambda x: (x - x.mean(-1, keepdim=True)) / torch.sqrt(x.var(-1, keepdim=True, unbiased=False) + 1e-5),
        lambda x: (x - x.mean(-1, keepdim=True)) * torch.rsqrt((x - x.mean(-1, keepdim=True)).pow(2).mean(-1, keepdim=True) + 1e-5),
        lambda x: x * torch.rsqrt(x.pow(2).mean(-1, keepdim=True) + 1e-6),
        lambda x: x / torch.sqrt(torch.mean(x * x, dim=-1, keepdim=True) + 1e-6),
        lambda x: x / (x.norm(dim=-1, keepdim=True) + 1e-8),
        lambda x: F.normalize(x, dim=-1),
        lambda x: x / x.pow(2).sum(-1, keepdim=True).sqrt(),
        lambda x: (x - x.mean(-1, keepdim=True)) / (x.pow(2).mean(-1, keepdim=True) - x.mean(-1, keepdim=True).pow(2) + 1e-5).sqrt(),
        lambda x: F.group_norm(x[:, :, None], 2)[:, :, 0],
        lambda x: x * (8**0.5) / x.norm(2, dim=-1, keepdim=True).clamp(min=1e-8),
        lambda x: (x - x.mean(-1, keepdim=True)) / (x.std(-1, keepdim=True) + 1e-6),
    ]

    def __init__(self):
        super().__init__()
        self.layers = nn.ModuleList(nn.Linear(8, 8) for _ in self.FORMS)
        self.head = nn.Linear(8, 2)

    def forward(self, x):
        for layer, norm in zip(self.layers, self.FORMS):
            x = torch.relu(norm(layer(x)))
        return self.head(x)


# Gains and shifts that a group norm has not got are written beside the graph when they are folded.
@architecture(vectors(8), layers=13, nonlinearities=12, norms=12, folded={"optimized": 16})
def hand_written_norms():
    return Norms()


class Maxout(nn.Module):
    """Goodfellow et al. 2013: once as a reshape, once as two maps."""

    def __init__(self):
        super().__init__()
        self.first = nn.Linear(7, 3 * 16)
        self.second, self.third = nn.Linear(16, 16), nn.Linear(16, 16)
        self.head = nn.Linear(16, 4)

    def forward(self, x):
        x = self.first(x).view(-1, 16, 3).max(-1)[0]
        return self.head(torch.max(self.second(x), self.third(x)))


@architecture(vectors(7), layers=4, nonlinearities=2)
def maxout():
    return Maxout()


class Highway(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.value, self.gate = nn.Linear(width, width), nn.Linear(width, width)

    def forward(self, x):
        gate = torch.sigmoid(self.gate(x))
        return gate * torch.relu(self.value(x)) + (1 - gate) * x


@architecture(vectors(7), layers=8, nonlinearities=6, sums=3)
def highway():
    return nn.Sequential(nn.Linear(7, 16), *[Highway(16) for _ in range(3)], nn.Linear(16, 4))


class GatedUnits(nn.Module):
    """Shazeer 2020, and Dauphin et al. 2017 with the halves of one map."""

    def __init__(self):
        super().__init__()
        self.kinds = [torch.sigmoid, F.gelu, F.silu, F.relu, None]
        self.gates = nn.ModuleList(nn.Linear(8, 16, bias=False) for _ in self.kinds)
        self.values = nn.ModuleList(nn.Linear(8, 16, bias=False) for _ in self.kinds)
        self.outs = nn.ModuleList(nn.Linear(16, 8) for _ in self.kinds)
        self.both, self.head = nn.Linear(8, 32), nn.Linear(16, 2)

    def forward(self, x):
        for kind, gate, value, out in zip(self.kinds, self.gates, self.values, self.outs):
            g = gate(x)
            x = out((g if kind is None else kind(g)) * value(x))
        return self.head(F.glu(self.both(x), -1))


@architecture(vectors(8), layers=17, nonlinearities=5)
def gated_linear_units():
    return GatedUnits()
