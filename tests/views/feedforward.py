# SPDX-License-Identifier: Apache-2.0
"""Networks of vectors: perceptrons, gates, codes, mixtures, sets, graphs."""
import math

import torch
from torch import nn
from torch.nn import functional as F

from architecture import architecture, sequence, vectors, EXAMPLES


@architecture(vectors(7), layers=3, nonlinearities=2)
def perceptron():
    return nn.Sequential(nn.Linear(7, 16), nn.ReLU(), nn.Dropout(0.1), nn.Linear(16, 16), nn.Tanh(), nn.Linear(16, 4))


@architecture(vectors(7), layers=3, nonlinearities=2, norms=2, folds=False)
def perceptron_with_batch_norm():
    return nn.Sequential(nn.Linear(7, 16), nn.BatchNorm1d(16), nn.ReLU(), nn.Linear(16, 16, bias=False),
                         nn.BatchNorm1d(16), nn.ReLU(), nn.Linear(16, 4))


@architecture(vectors(7), layers=3, nonlinearities=2, norms=2)
def perceptron_with_layer_norm():
    return nn.Sequential(nn.Linear(7, 16), nn.LayerNorm(16), nn.GELU(), nn.Linear(16, 16), nn.LayerNorm(16), nn.GELU(),
                         nn.Linear(16, 4))


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


class Residual(nn.Module):
    def __init__(self, branch):
        super().__init__()
        self.branch = branch

    def forward(self, x):
        return x + self.branch(x)


@architecture(vectors(7), layers=8, nonlinearities=3, norms=3, sums=3)
def residual_perceptron():
    block = lambda: Residual(nn.Sequential(nn.LayerNorm(16), nn.Linear(16, 32), nn.ReLU(), nn.Linear(32, 16)))
    return nn.Sequential(nn.Linear(7, 16), block(), block(), block(), nn.Linear(16, 4))


@architecture(vectors(12), layers=4, nonlinearities=4)
def autoencoder():
    return nn.Sequential(nn.Linear(12, 8), nn.ReLU(), nn.Linear(8, 2), nn.ReLU(), nn.Linear(2, 8), nn.ReLU(), nn.Linear(8, 12),
                         nn.Sigmoid())


class VariationalAutoencoder(nn.Module):
    def __init__(self):
        super().__init__()
        self.hidden, self.mean, self.log_variance = nn.Linear(12, 8), nn.Linear(8, 3), nn.Linear(8, 3)
        self.decode, self.out = nn.Linear(3, 8), nn.Linear(8, 12)

    def forward(self, x):
        h = F.relu(self.hidden(x))
        mean, log_variance = self.mean(h), self.log_variance(h)
        z = mean
        if self.training:
            z = mean + torch.exp(0.5 * log_variance) * torch.randn_like(mean)
        return torch.sigmoid(self.out(F.relu(self.decode(z)))), mean, log_variance


@architecture(vectors(12), layers=5, nonlinearities=3)
def variational_autoencoder():
    return VariationalAutoencoder()


class Sine(nn.Module):
    def forward(self, x):
        return torch.sin(30 * x)


@architecture(vectors(2), layers=4, nonlinearities=3)
def siren():
    """Sitzmann et al. 2020."""
    return nn.Sequential(nn.Linear(2, 16), Sine(), nn.Linear(16, 16), Sine(), nn.Linear(16, 16), Sine(), nn.Linear(16, 3))


class Coupling(nn.Module):
    """Dinh et al. 2017."""

    def __init__(self):
        super().__init__()
        self.scale = nn.Sequential(nn.Linear(3, 8), nn.ReLU(), nn.Linear(8, 3), nn.Tanh())
        self.shift = nn.Sequential(nn.Linear(3, 8), nn.ReLU(), nn.Linear(8, 3))

    def forward(self, x):
        a, b = x.chunk(2, -1)
        return torch.cat([b * torch.exp(self.scale(a)) + self.shift(a), a], -1)


@architecture(vectors(6), layers=8, nonlinearities=6)
def coupling_flow():
    return nn.Sequential(Coupling(), Coupling())


class Mixture(nn.Module):
    """Experts weighted by a softmax."""

    def __init__(self):
        super().__init__()
        self.choose = nn.Linear(8, 3)
        self.experts = nn.ModuleList(nn.Sequential(nn.Linear(8, 16), nn.GELU(), nn.Linear(16, 8)) for _ in range(3))
        self.head = nn.Linear(8, 2)

    def forward(self, x):
        weights = torch.softmax(self.choose(x), -1)
        outs = torch.stack([expert(x) for expert in self.experts], 1)
        return self.head((weights.unsqueeze(-1) * outs).sum(1))


@architecture(vectors(8), layers=8, nonlinearities=3)
def mixture_of_experts():
    return Mixture()


class Siamese(nn.Module):
    def __init__(self):
        super().__init__()
        self.tower = nn.Sequential(nn.Linear(8, 16), nn.ReLU(), nn.Linear(16, 4))

    def forward(self, a, b):
        return F.pairwise_distance(self.tower(a), self.tower(b))


@architecture(lambda: (torch.randn(EXAMPLES, 8), torch.randn(EXAMPLES, 8)), layers=4, nonlinearities=2)
def siamese():
    return Siamese()


class Dueling(nn.Module):
    """Wang et al. 2016."""

    def __init__(self):
        super().__init__()
        self.trunk = nn.Sequential(nn.Linear(8, 16), nn.ReLU())
        self.value = nn.Sequential(nn.Linear(16, 16), nn.ReLU(), nn.Linear(16, 1))
        self.advantage = nn.Sequential(nn.Linear(16, 16), nn.ReLU(), nn.Linear(16, 4))

    def forward(self, x):
        h = self.trunk(x)
        a = self.advantage(h)
        return self.value(h) + (a - a.mean(1, keepdim=True))


@architecture(vectors(8), layers=5, nonlinearities=3)
def dueling_network():
    return Dueling()


class DeepSet(nn.Module):
    def __init__(self):
        super().__init__()
        self.each = nn.Sequential(nn.Linear(3, 16), nn.ReLU(), nn.Linear(16, 16), nn.ReLU())
        self.all = nn.Sequential(nn.Linear(16, 16), nn.ReLU(), nn.Linear(16, 2))

    def forward(self, x):
        return self.all(self.each(x).max(1)[0])


@architecture(sequence(6, 3), layers=4, nonlinearities=3)
def deep_set():
    return DeepSet()


class GraphConvolution(nn.Module):
    """Kipf and Welling 2017; the graph is an input."""

    def __init__(self):
        super().__init__()
        self.first, self.second = nn.Linear(5, 16), nn.Linear(16, 3)

    def forward(self, x, adjacency):
        return adjacency @ self.second(torch.relu(adjacency @ self.first(x)))


@architecture(lambda: (torch.randn(EXAMPLES, 6, 5), torch.rand(EXAMPLES, 6, 6)), layers=2, nonlinearities=1)
def graph_convolution():
    return GraphConvolution()


class RadianceField(nn.Module):
    """Mildenhall et al. 2020: frequencies, a skip by concatenation, two heads."""

    def __init__(self, frequencies=3):
        super().__init__()
        self.register_buffer("bands", 2.0**torch.arange(frequencies))
        width = 3 + 6 * frequencies
        self.before = nn.Sequential(nn.Linear(width, 16), nn.ReLU(), nn.Linear(16, 16), nn.ReLU())
        self.after = nn.Sequential(nn.Linear(16 + width, 16), nn.ReLU())
        self.density, self.colour = nn.Linear(16, 1), nn.Linear(16, 3)

    def forward(self, x):
        angles = (x.unsqueeze(-1) * self.bands).flatten(1)
        code = torch.cat([x, torch.sin(angles), torch.cos(angles)], -1)
        h = self.after(torch.cat([self.before(code), code], -1))
        return torch.relu(self.density(h)), torch.sigmoid(self.colour(h))


@architecture(vectors(3), layers=5, nonlinearities=7)
def radiance_field():
    return RadianceField()


class SubtractedBranches(nn.Module):
    """x - f(x) and a x + b f(x)."""

    def __init__(self):
        super().__init__()
        self.first, self.head = nn.Linear(7, 16), nn.Linear(16, 4)
        self.branches = nn.ModuleList(nn.Sequential(nn.Linear(16, 16), nn.Tanh()) for _ in range(4))

    def forward(self, x):
        x = self.first(x)
        x = x - self.branches[0](x)
        x = 0.8 * x + 0.6 * self.branches[1](x)
        x = (x + self.branches[2](x)) / math.sqrt(2)
        x = self.branches[3](x) - x
        return self.head(x)


@architecture(vectors(7), layers=6, nonlinearities=4, sums=4)
def subtracted_branches():
    return SubtractedBranches()
