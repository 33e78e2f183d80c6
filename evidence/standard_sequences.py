# SPDX-License-Identifier: Apache-2.0
"""Transformers and recurrent networks that train, for `standard_networks`: as published, with their authors' initial weights."""

import math

import torch
from torch import nn
from torch.nn import functional as F

from standard_networks import EXAMPLES, images, network, redraw, tokens

VOCABULARY = [128, 512]
WIDTHS, DEPTHS, LENGTHS = [64, 128], [4, 12], [16, 64]


class Attention(nn.Module):
    """Of `memory` where it is given; with `scores` of their own, logits are not scaled (Raffel et al. 2020)."""

    def __init__(self, width, heads=4, causal=False, bias=True, rotary=False):
        super().__init__()
        self.heads, self.causal, self.rotary = heads, causal, rotary
        self.q, self.k, self.v, self.out = (nn.Linear(width, width, bias=bias) for _ in range(4))

    def forward(self, x, memory=None, scores=None):
        split = lambda y: y.reshape(*y.shape[:2], self.heads, -1).transpose(1, 2)
        memory = x if memory is None else memory
        q, k, v = split(self.q(x)), split(self.k(memory)), split(self.v(memory))
        if self.rotary:
            q, k = turned(q), turned(k)
        logits = q @ k.transpose(-1, -2) / (math.sqrt(q.shape[-1]) if scores is None else 1)
        logits = logits if scores is None else logits + scores
        if self.causal:
            logits = logits.masked_fill(torch.ones(logits.shape[-2:], dtype=torch.bool).triu(1), -math.inf)
        return self.out((logits.softmax(-1) @ v).transpose(1, 2).flatten(2))


def turned(x):
    """Su et al. 2021."""
    half = x.shape[-1] // 2
    angles = torch.arange(x.shape[-2])[:, None] * 10000.0 ** (-torch.arange(half) / half)
    a, b = x[..., :half], x[..., half:]
    return torch.cat([a * angles.cos() - b * angles.sin(), b * angles.cos() + a * angles.sin()], -1)


def feed_forward(width, activation=nn.GELU):
    return nn.Sequential(nn.Linear(width, 4 * width), activation(), nn.Linear(4 * width, width))


class PreNorm(nn.Module):
    def __init__(self, width, attention, feed=None, norm=nn.LayerNorm):
        super().__init__()
        self.one, self.attention, self.two, self.feed = norm(width), attention, norm(width), feed or feed_forward(width)

    def forward(self, x):
        x = x + self.attention(self.one(x))
        return x + self.feed(self.two(x))


class PostNorm(PreNorm):
    """`alpha` above 1 is DeepNorm."""

    alpha = 1.0

    def forward(self, x):
        x = self.one(self.alpha * x + self.attention(x))
        return self.two(self.alpha * x + self.feed(x))


class Embedded(nn.Module):
    """Tokens and learned places before blocks, a norm and a readout at every place."""

    def __init__(self, size, blocks, norm=None, places=True, head_bias=False):
        super().__init__()
        width = WIDTHS[size]
        self.words = nn.Embedding(VOCABULARY[size], width)
        self.places = nn.Parameter(0.02 * torch.randn(LENGTHS[size], width)) if places else None
        self.blocks, self.norm = nn.Sequential(*blocks), norm or nn.Identity()
        self.head = nn.Linear(width, VOCABULARY[size], bias=head_bias)

    def forward(self, ids):
        x = self.words(ids)
        return self.head(self.norm(self.blocks(x if self.places is None else x + self.places)))


def text(size):
    return tokens(LENGTHS[size], VOCABULARY[size])


@network
def gpt_2(size):
    """Radford et al. 2019: N(0, .02), what ends a branch over the root of their number; the readout is tied."""
    width, depth = WIDTHS[size], DEPTHS[size]
    blocks = [PreNorm(width, Attention(width, causal=True)) for _ in range(depth)]
    model = redraw(Embedded(size, blocks, nn.LayerNorm(width)), 0.02)
    for block in blocks:
        for last in (block.attention.out, block.feed[-1]):
            nn.init.normal_(last.weight, std=0.02 / math.sqrt(2 * depth))
    model.head.weight = model.words.weight
    return model, text(size)


class RMSNorm(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.gain = nn.Parameter(torch.ones(width))

    def forward(self, x):
        return self.gain * x * torch.rsqrt(x.square().mean(-1, keepdim=True) + 1e-6)


class Gated(nn.Module):
    """Shazeer 2020."""

    def __init__(self, width):
        super().__init__()
        self.gate, self.up = (nn.Linear(width, 8 * width // 3, bias=False) for _ in range(2))
        self.down = nn.Linear(8 * width // 3, width, bias=False)

    def forward(self, x):
        return self.down(F.silu(self.gate(x)) * self.up(x))


@network
def llama(size):
    """Touvron et al. 2023."""
    width = WIDTHS[size]
    attention = lambda: Attention(width, causal=True, bias=False, rotary=True)
    blocks = [PreNorm(width, attention(), Gated(width), RMSNorm) for _ in range(DEPTHS[size])]
    return redraw(Embedded(size, blocks, RMSNorm(width), places=False), 0.02), text(size)


@network
def bert(size):
    """Devlin et al. 2019."""
    width = WIDTHS[size]
    blocks = [nn.LayerNorm(width), *(PostNorm(width, Attention(width)) for _ in range(DEPTHS[size]))]
    head = nn.Sequential(nn.Linear(width, width), nn.GELU(), nn.LayerNorm(width))
    model = redraw(Embedded(size, blocks, head, head_bias=True), 0.02)
    model.head.weight = model.words.weight
    return model, text(size)


class T5Block(nn.Module):
    """A decoder's `crosses`."""

    def __init__(self, width, crosses):
        super().__init__()
        self.table = nn.Embedding(64, 4)
        self.norms = nn.ModuleList(RMSNorm(width) for _ in range(3 if crosses else 2))
        self.attention, self.causal = Attention(width, bias=False), crosses
        self.cross = Attention(width, bias=False) if crosses else None
        self.feed = nn.Sequential(nn.Linear(width, 4 * width, bias=False), nn.ReLU(), nn.Linear(4 * width, width, bias=False))

    def scores(self, length):
        apart = (torch.arange(length)[None] - torch.arange(length)[:, None]).clamp(-32, 31) + 32
        bias = self.table(apart).permute(2, 0, 1)[None]
        return bias.masked_fill(torch.ones(length, length, dtype=torch.bool).triu(1), -1e9) if self.causal else bias

    def forward(self, x, memory=None):
        x = x + self.attention(self.norms[0](x), scores=self.scores(x.shape[1]))
        if self.cross:
            x = x + self.cross(self.norms[1](x), memory, scores=0.0)
        return x + self.feed(self.norms[-1](x))


class T5(nn.Module):
    """Raffel et al. 2020: queries are drawn smaller by the root of a head's width, embeddings N(0, 1), tied."""

    def __init__(self, size):
        super().__init__()
        width, depth = WIDTHS[size], DEPTHS[size] // 2
        self.words = nn.Embedding(VOCABULARY[size], width)
        self.encoder = nn.ModuleList(T5Block(width, False) for _ in range(depth))
        self.decoder = nn.ModuleList(T5Block(width, True) for _ in range(depth))
        self.norms, self.scale = nn.ModuleList(RMSNorm(width) for _ in range(2)), width**-0.5
        for block in [*self.encoder, *self.decoder]:
            for part in [block.attention, block.cross] if block.cross else [block.attention]:
                nn.init.normal_(part.q.weight, std=(width * width / 4) ** -0.5)
                for way in (part.k, part.v, part.out):
                    nn.init.normal_(way.weight, std=width**-0.5)
            nn.init.normal_(block.feed[0].weight, std=width**-0.5)
            nn.init.normal_(block.feed[2].weight, std=(4 * width) ** -0.5)
            nn.init.normal_(block.table.weight, std=width**-0.5)

    def forward(self, ids, answers):
        memory = self.words(ids)
        for block in self.encoder:
            memory = block(memory)
        memory, x = self.norms[0](memory), self.words(answers)
        for block in self.decoder:
            x = block(x, memory)
        return (self.scale * self.norms[1](x)) @ self.words.weight.T


@network
def t5(size):
    return T5(size), text(size) + text(size)


class Vit(nn.Module):
    """Dosovitskiy et al. 2021, a token for the class."""

    def __init__(self, size):
        super().__init__()
        width = WIDTHS[size]
        self.patches = nn.Conv2d(3, width, [8, 4][size], [8, 4][size])
        self.blocks = nn.Sequential(*(PreNorm(width, Attention(width)) for _ in range(DEPTHS[size])), nn.LayerNorm(width))
        self.head = nn.Linear(width, 10)
        redraw(self, 0.02, cut=True)
        self.first = nn.Parameter(0.02 * torch.randn(1, 1, width))
        self.places = nn.Parameter(0.02 * torch.randn(1, 1 + (32 // [8, 4][size]) ** 2, width))

    def forward(self, x):
        x = self.patches(x).flatten(2).transpose(1, 2)
        x = torch.cat([self.first.expand(len(x), -1, -1), x], 1) + self.places
        return self.head(self.blocks(x)[:, 0])


@network
def vit(size):
    return Vit(size), images(32)


class DitBlock(nn.Module):
    """Peebles and Xie 2023: shifts, gains and gates of the condition, 0 at first."""

    def __init__(self, width):
        super().__init__()
        self.one, self.two = (nn.LayerNorm(width, elementwise_affine=False) for _ in range(2))
        self.attention, self.feed = Attention(width), feed_forward(width)
        self.condition = nn.Sequential(nn.SiLU(), nn.Linear(width, 6 * width))

    def forward(self, x, c):
        a, b, gate, d, e, other = self.condition(c)[:, None].chunk(6, -1)
        x = x + gate * self.attention(self.one(x) * (1 + b) + a)
        return x + other * self.feed(self.two(x) * (1 + e) + d)


class Dit(nn.Module):
    def __init__(self, size):
        super().__init__()
        width = WIDTHS[size]
        self.patches, self.time = nn.Conv2d(4, width, 2, 2), nn.Sequential(nn.Linear(16, width), nn.SiLU(), nn.Linear(width, width))
        self.blocks = nn.ModuleList(DitBlock(width) for _ in range(DEPTHS[size]))
        self.norm, self.last = nn.LayerNorm(width, elementwise_affine=False), nn.Linear(width, 16)
        self.places = nn.Parameter(0.02 * torch.randn(1, 64, width))
        for part in self.modules():
            if isinstance(part, nn.Linear):
                nn.init.xavier_uniform_(part.weight)
                nn.init.zeros_(part.bias)
        for part in [self.last, *(block.condition[1] for block in self.blocks)]:
            nn.init.zeros_(part.weight)

    def forward(self, x, t):
        angles = t[:, None] * 10000.0 ** (-torch.arange(8) / 8)
        c = self.time(torch.cat([angles.cos(), angles.sin()], -1))
        x = self.patches(x).flatten(2).transpose(1, 2) + self.places
        for block in self.blocks:
            x = block(x, c)
        return self.last(self.norm(x)).transpose(1, 2).reshape(-1, 16, 8, 8)


@network
def dit(size):
    return Dit(size), (torch.randn(EXAMPLES, 4, 16, 16), 1000 * torch.rand(EXAMPLES))


@network
def deep_norm(size):
    """Wang et al. 2022: an encoder of N blocks, alpha (2 N)^(1/4), beta (8 N)^(-1/4)."""
    width, depth = WIDTHS[size], [8, 24][size]
    blocks = [PostNorm(width, Attention(width)) for _ in range(depth)]
    for block in blocks:
        block.alpha = (2 * depth) ** 0.25
        for part in (block.attention.q, block.attention.k):
            nn.init.xavier_normal_(part.weight)
        for part in (block.attention.v, block.attention.out, block.feed[0], block.feed[2]):
            nn.init.xavier_normal_(part.weight, gain=(8 * depth) ** -0.25)
    return Embedded(size, blocks), text(size)


class Lora(nn.Module):
    """Hu et al. 2022: the frozen weight and a product of rank r whose second factor is 0 at first."""

    def __init__(self, linear, rank=4):
        super().__init__()
        self.linear = linear.requires_grad_(False)
        self.a = nn.Parameter(torch.randn(rank, linear.in_features) / math.sqrt(linear.in_features))
        self.b = nn.Parameter(torch.zeros(linear.out_features, rank))

    def forward(self, x):
        return self.linear(x) + x @ self.a.T @ self.b.T


@network
def lora(size):
    model, inputs = llama(size)
    model.requires_grad_(False)
    for block in model.blocks:
        block.attention.q, block.attention.v = Lora(block.attention.q), Lora(block.attention.v)
    model.head.requires_grad_(True)
    return model, inputs


class LastStep(nn.Module):
    def __init__(self, cell, width):
        super().__init__()
        self.cell, self.head = cell, nn.Linear(width, 10)

    def forward(self, x):
        return self.head(self.cell(x)[0][:, -1])


@network
def lstm_20(size):
    width = [32, 128][size]
    return LastStep(nn.LSTM(8, width, num_layers=1 + size, batch_first=True), width), (torch.randn(EXAMPLES, 20, 8),)


@network
def irnn(size):
    """Le et al. 2015: rectifiers, the recurrence begins as the identity, other weights N(0, .001)."""
    width = [32, 100][size]
    cell = nn.RNN(8, width, nonlinearity="relu", batch_first=True)
    nn.init.eye_(cell.weight_hh_l0)
    nn.init.normal_(cell.weight_ih_l0, std=0.001)
    nn.init.zeros_(cell.bias_ih_l0)
    nn.init.zeros_(cell.bias_hh_l0)
    return LastStep(cell, width), (torch.randn(EXAMPLES, [20, 100][size], 8),)
