# SPDX-License-Identifier: Apache-2.0
"""Transformers of sequences."""
import math

import torch
from torch import nn
from torch.nn import functional as F

from architecture import architecture, sequence, tokens, EXAMPLES
from attention import CrossAttention, GatedFeedForward, GroupedAttention, RMSNorm, SelfAttention, feed_forward

WIDTH, HEADS, LENGTH, VOCABULARY = 16, 2, 6, 13


class PreNorm(nn.Module):
    def __init__(self, attention, norm=nn.LayerNorm, feed=None, width=WIDTH):
        super().__init__()
        self.norm1, self.attention, self.norm2 = norm(width), attention, norm(width)
        self.feed = feed or feed_forward(width)

    def forward(self, x, *arguments):
        x = x + self.attention(self.norm1(x), *arguments)
        return x + self.feed(self.norm2(x))


class PostNorm(PreNorm):
    """`alpha` above 1 is DeepNorm (Wang et al. 2022)."""

    alpha = 1.0

    def forward(self, x, *arguments):
        x = self.norm1(self.alpha * x + self.attention(x, *arguments) if self.alpha != 1 else x + self.attention(x, *arguments))
        return self.norm2(self.alpha * x + self.feed(x) if self.alpha != 1 else x + self.feed(x))


class Stack(nn.Module):
    """Blocks between a linear map and a readout of the mean."""

    def __init__(self, blocks, width=WIDTH, norm=None):
        super().__init__()
        self.first, self.blocks, self.norm = nn.Linear(5, width), nn.ModuleList(blocks), norm
        self.head = nn.Linear(width, 3)

    def forward(self, x):
        x = self.first(x)
        for block in self.blocks:
            x = block(x)
        if self.norm:
            x = self.norm(x)
        return self.head(x.mean(1))


@architecture(sequence(LENGTH, 5), layers=10, nonlinearities=2, norms=4, sums=4, attentions=2)
def encoder_post_norm():
    return Stack([PostNorm(SelfAttention(WIDTH, HEADS)) for _ in range(2)])


@architecture(sequence(LENGTH, 5), layers=10, nonlinearities=2, norms=5, sums=4, attentions=2)
def encoder_pre_norm():
    return Stack([PreNorm(SelfAttention(WIDTH, HEADS)) for _ in range(2)], norm=nn.LayerNorm(WIDTH))


class ModuleEncoder(nn.Module):
    """nn.TransformerEncoderLayer with the batch second: version 1.13 cannot export what it fuses with the batch first."""

    def __init__(self, norm_first):
        super().__init__()
        self.first, self.head = nn.Linear(5, WIDTH), nn.Linear(WIDTH, 3)
        layer = lambda: nn.TransformerEncoderLayer(WIDTH, HEADS, 32, 0.1, "gelu", norm_first=norm_first)
        self.layers = nn.ModuleList(layer() for _ in range(2))

    def forward(self, x):
        x = self.first(x).transpose(0, 1)
        for layer in self.layers:
            x = layer(x)
        return self.head(x.mean(0))


# PyTorch 2.6 writes the attention of its encoder from this set on.
@architecture(sequence(LENGTH, 5), layers=10, nonlinearities=2, norms=4, sums=4, attentions=2, opset=14)
def module_encoder():
    return ModuleEncoder(False)


@architecture(sequence(LENGTH, 5), layers=10, nonlinearities=2, norms=4, sums=4, attentions=2, opset=14)
def module_encoder_pre_norm():
    return ModuleEncoder(True)


class DeepNormBlock(PostNorm):
    alpha = 1.6


@architecture(sequence(LENGTH, 5), layers=10, nonlinearities=2, norms=4, sums=4, attentions=2)
def deep_norm():
    return Stack([DeepNormBlock(SelfAttention(WIDTH, HEADS)) for _ in range(2)])


class Sandwich(nn.Module):
    """Ding et al. 2021: norms before and after every branch."""

    def __init__(self):
        super().__init__()
        self.norms = nn.ModuleList(nn.LayerNorm(WIDTH) for _ in range(4))
        self.attention, self.feed = SelfAttention(WIDTH, HEADS, fused=False), feed_forward(WIDTH)

    def forward(self, x):
        x = x + self.norms[1](self.attention(self.norms[0](x)))
        return x + self.norms[3](self.feed(self.norms[2](x)))


@architecture(sequence(LENGTH, 5), layers=14, nonlinearities=2, norms=9, sums=4, attentions=2)
def sandwich_norm():
    return Stack([Sandwich() for _ in range(2)], norm=nn.LayerNorm(WIDTH))


class Parallel(nn.Module):
    """GPT-J: attention and feed-forward read one norm and are added at once."""

    def __init__(self):
        super().__init__()
        self.norm, self.attention, self.feed = nn.LayerNorm(WIDTH), SelfAttention(WIDTH, HEADS), feed_forward(WIDTH)

    def forward(self, x):
        y = self.norm(x)
        return x + self.attention(y) + self.feed(y)


# x + a + f is two additions; both carry the state.
@architecture(sequence(LENGTH, 5), layers=10, nonlinearities=2, norms=3, sums=4, attentions=2)
def parallel_blocks():
    return Stack([Parallel() for _ in range(2)], norm=nn.LayerNorm(WIDTH))


class Bert(nn.Module):
    """Devlin et al. 2019: three embeddings, a mask, a pooler, tied predictions."""

    def __init__(self):
        super().__init__()
        self.words, self.places = nn.Embedding(VOCABULARY, WIDTH, padding_idx=0), nn.Embedding(LENGTH, WIDTH)
        self.kinds, self.norm = nn.Embedding(2, WIDTH), nn.LayerNorm(WIDTH, eps=1e-12)
        self.blocks = nn.ModuleList(PostNorm(SelfAttention(WIDTH, HEADS, fused=False)) for _ in range(2))
        self.transform, self.transform_norm = nn.Linear(WIDTH, WIDTH), nn.LayerNorm(WIDTH)
        self.bias, self.pooler = nn.Parameter(torch.zeros(VOCABULARY)), nn.Linear(WIDTH, WIDTH)
        self.register_buffer("ids", torch.arange(LENGTH).unsqueeze(0))

    def forward(self, ids, mask):
        kinds = torch.zeros_like(ids)
        x = self.norm(self.words(ids) + self.places(self.ids[:, :ids.shape[1]]) + self.kinds(kinds))
        added = (1.0 - mask[:, None, None, :].float()) * -10000.0
        for block in self.blocks:
            x = block(x, added)
        y = self.transform_norm(F.gelu(self.transform(x)))
        return F.linear(y, self.words.weight, self.bias), torch.tanh(self.pooler(x[:, 0]))


@architecture(lambda: (torch.randint(VOCABULARY, (EXAMPLES, LENGTH)), torch.ones(EXAMPLES, LENGTH, dtype=torch.long)), layers=15,
              nonlinearities=4, norms=6, sums=4, attentions=2)
def bert():
    return Bert()


class Gpt(nn.Module):
    """Radford et al. 2019; `tied` to the embedding."""

    def __init__(self, tied, blocks):
        super().__init__()
        self.tokens, self.places = nn.Embedding(VOCABULARY, WIDTH), nn.Embedding(LENGTH, WIDTH)
        self.blocks, self.norm = nn.ModuleList(blocks), nn.LayerNorm(WIDTH)
        self.head = nn.Linear(WIDTH, VOCABULARY, bias=False)
        if tied:
            self.head.weight = self.tokens.weight

    def forward(self, ids):
        x = self.tokens(ids) + self.places(torch.arange(ids.shape[1]))
        for block in self.blocks:
            x = block(x)
        return self.head(self.norm(x))


def gpt_of(tied, **options):
    return Gpt(tied, [PreNorm(SelfAttention(WIDTH, HEADS, causal=True, **options)) for _ in range(2)])


@architecture(tokens(LENGTH, VOCABULARY), layers=9, nonlinearities=2, norms=5, sums=4, attentions=2)
def gpt():
    return gpt_of(False)


@architecture(tokens(LENGTH, VOCABULARY), layers=9, nonlinearities=2, norms=5, sums=4, attentions=2)
def gpt_tied():
    return gpt_of(True)


@architecture(tokens(LENGTH, VOCABULARY), layers=9, nonlinearities=2, norms=9, sums=4, attentions=2)
def gpt_with_norms_of_queries():
    return gpt_of(False, norm=nn.LayerNorm)


class Slopes:
    """Press et al. 2022: a bias that falls with distance."""

    def __call__(self, length):
        steps = torch.arange(length)
        distance = (steps[None, :] - steps[:, None]).clamp(max=0)
        return distance.float() * torch.tensor([2.0**-4, 2.0**-8]).view(2, 1, 1)


@architecture(tokens(LENGTH, VOCABULARY), layers=9, nonlinearities=2, norms=5, sums=4, attentions=2)
def linear_biases():
    return gpt_of(False, bias=Slopes())


class Llama(nn.Module):
    def __init__(self, groups, norm=RMSNorm, activation=F.silu, scale=False):
        super().__init__()
        self.tokens, self.scale = nn.Embedding(VOCABULARY, WIDTH), scale
        self.blocks = nn.ModuleList(
            PreNorm(GroupedAttention(WIDTH, HEADS, groups, LENGTH), norm, GatedFeedForward(WIDTH, 24, activation))
            for _ in range(2))
        self.norm, self.head = norm(WIDTH), nn.Linear(WIDTH, VOCABULARY, bias=False)

    def forward(self, ids):
        x = self.tokens(ids)
        if self.scale:
            x = x * math.sqrt(WIDTH)
        for block in self.blocks:
            x = block(x)
        return self.head(self.norm(x))


@architecture(tokens(LENGTH, VOCABULARY), layers=15, nonlinearities=2, norms=5, sums=4, attentions=2)
def llama():
    return Llama(2)


@architecture(tokens(LENGTH, VOCABULARY), layers=15, nonlinearities=2, norms=5, sums=4, attentions=2)
def llama_with_grouped_queries():
    return Llama(1)


@architecture(tokens(LENGTH, VOCABULARY), layers=15, nonlinearities=2, norms=5, sums=4, attentions=2)
def gemma():
    return Llama(1, lambda width: RMSNorm(width, one_more=True), lambda x: F.gelu(x, approximate="tanh"), True)


@architecture(tokens(LENGTH, VOCABULARY), layers=9, nonlinearities=2, norms=5, sums=4, attentions=2)
def capped_scores():
    return gpt_of(False, cap=30.0)


class RelativeBias(nn.Module):
    """Raffel et al. 2020: a bias a head that depends on the distance, shared by the blocks."""

    def __init__(self):
        super().__init__()
        self.table = nn.Embedding(8, HEADS)

    def forward(self, length):
        steps = torch.arange(length)
        bucket = (steps[None, :] - steps[:, None]).clamp(-4, 3) + 4
        return self.table(bucket).permute(2, 0, 1).unsqueeze(0)


class T5(nn.Module):
    def __init__(self):
        super().__init__()
        norm = RMSNorm
        self.shared, self.bias, self.decoder_bias = nn.Embedding(VOCABULARY, WIDTH), RelativeBias(), RelativeBias()
        attention = lambda causal, bias: SelfAttention(WIDTH, HEADS, False, causal, bias, with_bias=False)
        feed = lambda: nn.Sequential(nn.Linear(WIDTH, 32, bias=False), nn.ReLU(), nn.Linear(32, WIDTH, bias=False))
        self.encoder = nn.ModuleList(PreNorm(attention(False, self.bias), norm, feed()) for _ in range(2))
        self.decoder = nn.ModuleList(PreNorm(attention(True, self.decoder_bias), norm, feed()) for _ in range(2))
        self.cross = nn.ModuleList(CrossAttention(WIDTH, HEADS, False, False) for _ in range(2))
        self.norms = nn.ModuleList(norm(WIDTH) for _ in range(2))
        self.last, self.end = norm(WIDTH), norm(WIDTH)

    def forward(self, ids, targets):
        memory = self.shared(ids)
        for block in self.encoder:
            memory = block(memory)
        memory, y = self.last(memory), self.shared(targets)
        for block, norm, cross in zip(self.decoder, self.norms, self.cross):
            y = y + block.attention(block.norm1(y))
            y = y + cross(norm(y), memory)
            y = y + block.feed(block.norm2(y))
        return F.linear(self.end(y) * WIDTH**-0.5, self.shared.weight)


@architecture(lambda: (torch.randint(VOCABULARY, (EXAMPLES, LENGTH)), torch.randint(VOCABULARY, (EXAMPLES, 5))), layers=33,
              nonlinearities=4, norms=12, sums=10, attentions=6, folded={"optimized": 90})
def t5():
    return T5()


class RelativeAttention(nn.Module):
    """Dai et al. 2019: content and place each with a bias, places shifted into line."""

    def __init__(self):
        super().__init__()
        self.qkv, self.place = nn.Linear(WIDTH, 3 * WIDTH, bias=False), nn.Linear(WIDTH, WIDTH, bias=False)
        self.out = nn.Linear(WIDTH, WIDTH, bias=False)
        self.u, self.v = nn.Parameter(torch.randn(HEADS, WIDTH // HEADS)), nn.Parameter(torch.randn(HEADS, WIDTH // HEADS))

    def forward(self, x, places):
        n, t, c = x.shape
        q, k, v = (y.view(n, t, HEADS, -1) for y in self.qkv(x).chunk(3, -1))
        r = self.place(places).view(t, HEADS, -1)
        content = torch.einsum("bihd,bjhd->bhij", q + self.u, k)
        place = torch.einsum("bihd,jhd->bhij", q + self.v, r)
        padded = F.pad(place, (1, 0)).view(n, HEADS, t + 1, t)
        scores = (content + padded[:, :, 1:].view(n, HEADS, t, t)) / math.sqrt(c // HEADS)
        return self.out(torch.einsum("bhij,bjhd->bihd", torch.softmax(scores, -1), v).reshape(n, t, c))


class TransformerXl(nn.Module):
    def __init__(self):
        super().__init__()
        self.tokens = nn.Embedding(VOCABULARY, WIDTH)
        steps = torch.arange(LENGTH - 1, -1, -1.0)
        angles = torch.outer(steps, 1 / 10000**(torch.arange(0, WIDTH, 2) / WIDTH))
        self.register_buffer("places", torch.cat([angles.sin(), angles.cos()], -1))
        self.blocks = nn.ModuleList(PostNorm(RelativeAttention()) for _ in range(2))
        self.head = nn.Linear(WIDTH, VOCABULARY)

    def forward(self, ids):
        x = self.tokens(ids)
        for block in self.blocks:
            x = block(x, self.places)
        return self.head(x)


# The map of the places multiplies a constant, so it is no layer of the network's, but its weight trains.
@architecture(tokens(LENGTH, VOCABULARY), layers=9, nonlinearities=2, norms=4, sums=4, attentions=2)
def transformer_xl():
    return TransformerXl()
