# SPDX-License-Identifier: Apache-2.0
"""Networks of vectors: perceptrons, codes, mixtures, sets, graphs."""
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
