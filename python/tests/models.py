# SPDX-License-Identifier: Apache-2.0
"""Networks as people write them, each with a batch."""

import dataclasses

import torch
import torch.nn.functional as F
from torch import nn


class Mlp(nn.Module):
    def __init__(self, width=16, depth=4):
        super().__init__()
        self.layers = nn.ModuleList(nn.Linear(width, width) for _ in range(depth))
        self.head = nn.Linear(width, 3)

    def forward(self, x):
        for layer in self.layers:
            x = F.relu(layer(x))
        return self.head(x)


class Block(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.norm = nn.BatchNorm1d(width)
        self.fc = nn.Linear(width, width)

    def forward(self, x):
        return x + self.fc(F.relu(self.norm(x)))


class Residual(nn.Module):
    def __init__(self, width=16, depth=3):
        super().__init__()
        self.stem = nn.Linear(8, width)
        self.blocks = nn.Sequential(*(Block(width) for _ in range(depth)))
        self.head = nn.Linear(width, 3)

    def forward(self, x):
        return self.head(self.blocks(self.stem(x)))


class InPlace(nn.Module):
    """Writes into what it is given."""

    def __init__(self, width=8):
        super().__init__()
        self.a, self.b = nn.Linear(width, width), nn.Linear(width, width)
        self.relu = nn.ReLU(inplace=True)

    def forward(self, x):
        x *= 2
        z = self.a(x)
        z += x
        return self.b(self.relu(z))


class Convolutional(nn.Module):
    def __init__(self):
        super().__init__()
        self.c1, self.n1 = nn.Conv2d(3, 6, 3, padding=1, bias=False), nn.BatchNorm2d(6)
        self.c2, self.n2 = nn.Conv2d(6, 6, 3, padding=1, bias=False), nn.BatchNorm2d(6)
        self.fc = nn.Linear(6, 4)

    def forward(self, x):
        x = F.relu(self.n1(self.c1(x)))
        x = F.relu(x + self.n2(self.c2(x)))
        return self.fc(F.adaptive_avg_pool2d(F.max_pool2d(x, 2), 1).flatten(1))


class Recurrent(nn.Module):
    def __init__(self, kind="LSTM", **options):
        super().__init__()
        self.embedding = nn.Embedding(11, 8)
        self.rnn = getattr(nn, kind)(8, 6, num_layers=2, **{"batch_first": True, **options})
        self.head = nn.Linear(12 if self.rnn.bidirectional else 6, 3)

    def forward(self, tokens):
        x = self.embedding(tokens)
        if self.rnn.batch_first:
            return self.head(self.rnn(x)[0][:, -1])
        return self.head(self.rnn(x.transpose(0, 1))[0][-1])


class Attention(nn.Module):
    def __init__(self, width=8):
        super().__init__()
        self.norm = nn.LayerNorm(width)
        self.attention = nn.MultiheadAttention(width, 2, batch_first=True)
        self.up, self.down = nn.Linear(width, 16), nn.Linear(16, width)

    def forward(self, x):
        y = self.norm(x)
        x = x + self.attention(y, y, y, need_weights=False)[0]
        return x + self.down(F.gelu(self.up(x)))


@dataclasses.dataclass
class Pair:
    first: torch.Tensor
    second: torch.Tensor


class TwoInputs(nn.Module):
    def __init__(self):
        super().__init__()
        self.a, self.b, self.w = nn.Linear(5, 6), nn.Linear(4, 6), nn.Parameter(torch.randn(12, 3))

    def forward(self, pair):
        joined = torch.cat([torch.tanh(self.a(pair.first)), torch.tanh(self.b(pair.second))], 1)
        return Pair(torch.einsum("bi,ij->bj", joined, self.w), joined)


class Tied(nn.Module):
    def __init__(self):
        super().__init__()
        self.embedding = nn.Embedding(9, 8)
        self.fc = nn.Linear(8, 8)

    def forward(self, tokens):
        x = self.embedding(tokens)
        return {"logits": F.linear(F.silu(self.fc(x)), self.embedding.weight), "hidden": x}


class Doubled(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x):
        return 2 * x

    @staticmethod
    def backward(ctx, gradient):
        return 2 * gradient


class Unknown(nn.Module):
    """Functions that no table knows, and one that autograd alone sees."""

    def __init__(self):
        super().__init__()
        self.fc = nn.Linear(8, 8)

    def forward(self, x):
        return torch.special.i0(0.1 * Doubled.apply(self.fc(x)))


class Noisy(nn.Module):
    """Draws numbers, and keeps a count and a mean."""

    def __init__(self):
        super().__init__()
        self.fc, self.drop = nn.Linear(8, 8), nn.Dropout(0.5)
        self.register_buffer("mean", torch.zeros(8))
        self.calls = 0

    def forward(self, x):
        self.calls += 1
        self.mean.mul_(0.9).add_(x.detach().mean(0))
        return self.drop(torch.relu(self.fc(x + 0.1 * torch.randn_like(x))))


def everything():
    """Of each network its name, itself and a batch."""
    torch.manual_seed(3)
    tokens = torch.randint(0, 9, (6, 5))
    return [
        ("mlp", Mlp(), torch.randn(6, 16)),
        ("sequential", nn.Sequential(nn.Linear(8, 8), nn.Tanh(), nn.Linear(8, 2)), torch.randn(6, 8)),
        ("residual", Residual(), torch.randn(6, 8)),
        ("in_place", InPlace(), torch.randn(6, 8)),
        ("convolutional", Convolutional(), torch.randn(6, 3, 8, 8)),
        ("lstm", Recurrent("LSTM"), tokens),
        ("lstm_steps_first", Recurrent("LSTM", batch_first=False), tokens),
        ("gru_both_ways", Recurrent("GRU", batch_first=False, bidirectional=True), tokens),
        ("gru", Recurrent("GRU"), tokens),
        ("rnn", Recurrent("RNN"), tokens),
        ("attention", Attention(), torch.randn(6, 5, 8)),
        ("two_inputs", TwoInputs(), (Pair(torch.randn(6, 5), torch.randn(6, 4)),)),
        ("tied", Tied(), {"tokens": tokens}),
        ("unknown", Unknown(), torch.randn(6, 8)),
        ("noisy", Noisy(), torch.randn(6, 8)),
    ]
