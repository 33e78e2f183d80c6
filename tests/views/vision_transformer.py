# SPDX-License-Identifier: Apache-2.0
"""Transformers of images, and relatives of transformers."""
import math

import torch
from torch import nn
from torch.nn import functional as F

from architecture import architecture, image, sequence, tokens, EXAMPLES
from attention import CrossAttention, SelfAttention, feed_forward
from transformer import HEADS, LENGTH, VOCABULARY, WIDTH, PreNorm, Stack


class LayerScale(nn.Module):
    """Touvron et al. 2021: the branch times one number a channel."""

    def __init__(self):
        super().__init__()
        self.norm1, self.attention = nn.LayerNorm(WIDTH), SelfAttention(WIDTH, HEADS)
        self.norm2, self.feed = nn.LayerNorm(WIDTH), feed_forward(WIDTH)
        self.gamma1, self.gamma2 = nn.Parameter(1e-4 * torch.ones(WIDTH)), nn.Parameter(1e-4 * torch.ones(WIDTH))

    def forward(self, x):
        x = x + self.gamma1 * self.attention(self.norm1(x))
        return x + self.gamma2 * self.feed(self.norm2(x))


class VisionTransformer(nn.Module):
    """Dosovitskiy et al. 2021; with `extra` tokens beside the class token as DeiT."""

    def __init__(self, blocks, extra=0):
        super().__init__()
        self.patches = nn.Conv2d(3, WIDTH, 4, 4)
        self.token = nn.Parameter(torch.zeros(1, 1 + extra, WIDTH))
        self.places = nn.Parameter(0.02 * torch.randn(1, 5 + extra, WIDTH))
        self.blocks, self.norm, self.dropout = nn.ModuleList(blocks), nn.LayerNorm(WIDTH), nn.Dropout(0.1)
        self.heads = nn.ModuleList(nn.Linear(WIDTH, 10) for _ in range(1 + extra))

    def forward(self, x):
        x = self.patches(x).flatten(2).transpose(1, 2)
        x = torch.cat([self.token.expand(x.shape[0], -1, -1), x], 1)
        x = self.dropout(x + self.places)
        for block in self.blocks:
            x = block(x)
        x = self.norm(x)
        outs = [head(x[:, i]) for i, head in enumerate(self.heads)]
        return sum(outs) / len(outs)


@architecture(image(8), layers=10, nonlinearities=2, norms=5, sums=4, attentions=2)
def vision_transformer():
    return VisionTransformer([PreNorm(SelfAttention(WIDTH, HEADS)) for _ in range(2)])


@architecture(image(8), layers=11, nonlinearities=2, norms=5, sums=4, attentions=2)
def distilled_vision_transformer():
    return VisionTransformer([PreNorm(SelfAttention(WIDTH, HEADS)) for _ in range(2)], extra=1)


@architecture(image(8), layers=10, nonlinearities=2, norms=5, sums=4, attentions=2)
def layer_scale():
    return VisionTransformer([LayerScale() for _ in range(2)])


class Windows(nn.Module):
    """Liu et al. 2021: attention within windows, shifted in every second block, with a table of relative biases."""

    def __init__(self, width, shifted, size=2, side=4):
        super().__init__()
        self.norm1, self.norm2 = nn.LayerNorm(width), nn.LayerNorm(width)
        self.qkv, self.out, self.feed = nn.Linear(width, 3 * width), nn.Linear(width, width), feed_forward(width)
        self.shift, self.size, self.side = size // 2 if shifted else 0, size, side
        self.table = nn.Parameter(0.02 * torch.randn((2 * size - 1)**2, HEADS))
        steps = torch.stack(torch.meshgrid(torch.arange(size), torch.arange(size), indexing="ij")).flatten(1)
        relative = (steps[:, :, None] - steps[:, None, :] + size - 1).permute(1, 2, 0)
        self.register_buffer("index", relative[..., 0] * (2 * size - 1) + relative[..., 1])
        self.register_buffer("mask", self.shift_mask() if self.shift else None)

    def shift_mask(self):
        region = torch.zeros(1, self.side, self.side, 1)
        count = 0
        for rows in (slice(0, -self.size), slice(-self.size, -self.shift), slice(-self.shift, None)):
            for columns in (slice(0, -self.size), slice(-self.size, -self.shift), slice(-self.shift, None)):
                region[:, rows, columns] = count
                count += 1
        region = self.windows(region).squeeze(-1)
        return (region[:, None, :] != region[:, :, None]).float() * -100.0

    def windows(self, x):
        n, h, w, c = x.shape
        x = x.view(n, h // self.size, self.size, w // self.size, self.size, c)
        return x.permute(0, 1, 3, 2, 4, 5).reshape(-1, self.size**2, c)

    def attend(self, x):
        n, h, w, c = x.shape
        if self.shift:
            x = torch.roll(x, (-self.shift, -self.shift), (1, 2))
        y = self.windows(x)
        t = self.size**2
        q, k, v = self.qkv(y).reshape(-1, t, 3, HEADS, c // HEADS).permute(2, 0, 3, 1, 4).unbind(0)
        scores = (q * (c // HEADS)**-0.5) @ k.transpose(-2, -1)
        scores = scores + self.table[self.index.view(-1)].view(t, t, HEADS).permute(2, 0, 1).unsqueeze(0)
        if self.shift:
            count = self.mask.shape[0]
            scores = (scores.view(-1, count, HEADS, t, t) + self.mask[None, :, None]).view(-1, HEADS, t, t)
        y = (torch.softmax(scores, -1) @ v).transpose(1, 2).reshape(-1, t, c)
        y = self.out(y).view(n, h // self.size, w // self.size, self.size, self.size, c)
        y = y.permute(0, 1, 3, 2, 4, 5).reshape(n, h, w, c)
        return torch.roll(y, (self.shift, self.shift), (1, 2)) if self.shift else y

    def forward(self, x):
        x = x + self.attend(self.norm1(x))
        return x + self.feed(self.norm2(x))


class Swin(nn.Module):
    def __init__(self):
        super().__init__()
        self.patches, self.norm0 = nn.Conv2d(3, WIDTH, 2, 2), nn.LayerNorm(WIDTH)
        self.stage1 = nn.Sequential(Windows(WIDTH, False), Windows(WIDTH, True))
        self.merge_norm, self.merge = nn.LayerNorm(4 * WIDTH), nn.Linear(4 * WIDTH, 2 * WIDTH, bias=False)
        self.stage2 = Windows(2 * WIDTH, False, side=2)
        self.norm, self.head = nn.LayerNorm(2 * WIDTH), nn.Linear(2 * WIDTH, 10)

    def forward(self, x):
        x = self.stage1(self.norm0(self.patches(x).permute(0, 2, 3, 1)))
        x = torch.cat([x[:, 0::2, 0::2], x[:, 1::2, 0::2], x[:, 0::2, 1::2], x[:, 1::2, 1::2]], -1)
        x = self.stage2(self.merge(self.merge_norm(x)))
        return self.head(self.norm(x).mean((1, 2)))


@architecture(image(8), layers=15, nonlinearities=3, norms=9, sums=6, attentions=3, folded={"eval": 42, "optimized": 42})
def swin():
    return Swin()


class Mixer(nn.Module):
    """Tolstikhin et al. 2021."""

    def __init__(self, places):
        super().__init__()
        self.norm1, self.norm2 = nn.LayerNorm(WIDTH), nn.LayerNorm(WIDTH)
        self.places, self.channels = feed_forward(places, wide=2), feed_forward(WIDTH)

    def forward(self, x):
        x = x + self.places(self.norm1(x).transpose(1, 2)).transpose(1, 2)
        return x + self.channels(self.norm2(x))


@architecture(sequence(LENGTH, 5), layers=10, nonlinearities=4, norms=5, sums=4)
def mixer():
    return Stack([Mixer(LENGTH) for _ in range(2)], norm=nn.LayerNorm(WIDTH))


class SpatialGate(nn.Module):
    """Liu et al. 2021, gMLP: half of the channels gate the others by a map over places."""

    def __init__(self, places):
        super().__init__()
        self.norm, self.wide, self.narrow = nn.LayerNorm(WIDTH), nn.Linear(WIDTH, 32), nn.Linear(16, WIDTH)
        self.gate_norm, self.gate = nn.LayerNorm(16), nn.Conv1d(places, places, 1)
        nn.init.ones_(self.gate.bias)

    def forward(self, x):
        u, v = F.gelu(self.wide(self.norm(x))).chunk(2, -1)
        return x + self.narrow(u * self.gate(self.gate_norm(v)))


@architecture(sequence(LENGTH, 5), layers=8, nonlinearities=2, norms=4, sums=2)
def spatial_gates():
    return Stack([SpatialGate(LENGTH) for _ in range(2)])


class LinearAttention(nn.Module):
    """Katharopoulos et al. 2020: elu(x) + 1 instead of a softmax."""

    def __init__(self):
        super().__init__()
        self.q, self.k, self.v, self.out = (nn.Linear(WIDTH, WIDTH) for _ in range(4))

    def forward(self, x):
        q, k, v = F.elu(self.q(x)) + 1, F.elu(self.k(x)) + 1, self.v(x)
        read = q @ (k.transpose(1, 2) @ v)
        total = (q * k.sum(1, keepdim=True)).sum(-1, keepdim=True)
        return self.out(read / (total + 1e-6))


@architecture(sequence(LENGTH, 5), layers=14, nonlinearities=6, norms=4, sums=4)
def linear_attention():
    return Stack([PreNorm(LinearAttention()) for _ in range(2)])


class Perceiver(nn.Module):
    """Jaegle et al. 2021: latents of the network's own read the input."""

    def __init__(self):
        super().__init__()
        self.latents, self.first = nn.Parameter(0.02 * torch.randn(3, WIDTH)), nn.Linear(5, WIDTH)
        self.norm_l, self.norm_x, self.cross = nn.LayerNorm(WIDTH), nn.LayerNorm(WIDTH), CrossAttention(WIDTH, HEADS)
        self.block, self.head = PreNorm(SelfAttention(WIDTH, HEADS)), nn.Linear(WIDTH, 3)

    def forward(self, x):
        latents = self.latents.expand(x.shape[0], -1, -1)
        y = latents + self.cross(self.norm_l(latents), self.norm_x(self.first(x)))
        return self.head(self.block(y).mean(1))


# What is made of the latents alone does not depend on the input: their norm, their queries, their sum are none of its.
@architecture(sequence(LENGTH, 5), layers=9, nonlinearities=1, norms=3, sums=2, attentions=2)
def perceiver():
    return Perceiver()


class Conformer(nn.Module):
    """Gulati et al. 2020: half steps around attention and a gated depthwise convolution."""

    def __init__(self):
        super().__init__()
        half = lambda: nn.Sequential(nn.LayerNorm(WIDTH), nn.Linear(WIDTH, 32), nn.SiLU(), nn.Dropout(0.1), nn.Linear(32, WIDTH))
        self.before, self.after, self.norm_a, self.norm_c = half(), half(), nn.LayerNorm(WIDTH), nn.LayerNorm(WIDTH)
        self.attention, self.last = SelfAttention(WIDTH, HEADS), nn.LayerNorm(WIDTH)
        self.expand, self.depthwise = nn.Conv1d(WIDTH, 2 * WIDTH, 1), nn.Conv1d(WIDTH, WIDTH, 3, padding=1, groups=WIDTH)
        self.norm, self.project = nn.BatchNorm1d(WIDTH), nn.Conv1d(WIDTH, WIDTH, 1)

    def convolve(self, x):
        y = F.glu(self.expand(x.transpose(1, 2)), 1)
        y = F.silu(self.norm(self.depthwise(y)))
        return self.project(y).transpose(1, 2)

    def forward(self, x):
        x = x + 0.5 * self.before(x)
        x = x + self.attention(self.norm_a(x))
        x = x + self.convolve(self.norm_c(x))
        return self.last(x + 0.5 * self.after(x))


@architecture(sequence(LENGTH, 5), layers=20, nonlinearities=8, norms=12, sums=8, attentions=2)
def conformer():
    return Stack([Conformer() for _ in range(2)])


class Universal(nn.Module):
    """Dehghani et al. 2019: one block, three times."""

    def __init__(self):
        super().__init__()
        self.first, self.block, self.head = nn.Linear(5, WIDTH), PreNorm(SelfAttention(WIDTH, HEADS)), nn.Linear(WIDTH, 3)

    def forward(self, x):
        x = self.first(x)
        for _ in range(3):
            x = self.block(x)
        return self.head(x.mean(1))


@architecture(sequence(LENGTH, 5), layers=14, nonlinearities=3, norms=6, sums=6, attentions=3)
def universal_transformer():
    return Universal()


class Contrastive(nn.Module):
    """Radford et al. 2021: two towers, unit lengths, a temperature that trains."""

    def __init__(self):
        super().__init__()
        self.image = nn.Sequential(nn.Conv2d(3, 8, 4, 4), nn.GELU(), nn.Flatten(), nn.Linear(32, 8, bias=False))
        self.words, self.text = nn.Embedding(VOCABULARY, WIDTH), PreNorm(SelfAttention(WIDTH, HEADS, causal=True))
        self.project = nn.Linear(WIDTH, 8, bias=False)
        self.temperature = nn.Parameter(torch.tensor([math.log(1 / 0.07)]))

    def forward(self, pixels, ids):
        a = F.normalize(self.image(pixels), dim=-1)
        b = F.normalize(self.project(self.text(self.words(ids))[:, -1]), dim=-1)
        return (a * b).sum(-1) * self.temperature.exp()


@architecture(lambda: (torch.randn(EXAMPLES, 3, 8, 8), torch.randint(VOCABULARY, (EXAMPLES, LENGTH))), layers=7, nonlinearities=2,
              norms=4, sums=2, attentions=1)
def two_towers():
    return Contrastive()


class Fused(nn.Module):
    """F.scaled_dot_product_attention, of PyTorch 2."""

    def __init__(self):
        super().__init__()
        self.qkv, self.out = nn.Linear(WIDTH, 3 * WIDTH), nn.Linear(WIDTH, WIDTH)

    def forward(self, x):
        n, t, c = x.shape
        q, k, v = (y.view(n, t, HEADS, -1).transpose(1, 2) for y in self.qkv(x).chunk(3, -1))
        y = F.scaled_dot_product_attention(q, k, v, is_causal=True)
        return self.out(y.transpose(1, 2).reshape(n, t, c))


if hasattr(F, "scaled_dot_product_attention"):

    @architecture(sequence(LENGTH, 5), layers=10, nonlinearities=2, norms=5, sums=4, attentions=2, opset=14)
    def fused_attention():
        return Stack([PreNorm(Fused()) for _ in range(2)], norm=nn.LayerNorm(WIDTH))
