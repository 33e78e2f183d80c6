# SPDX-License-Identifier: Apache-2.0
"""Attention in the ways in which authors write it, and the norms that go with it."""
import math

import torch
from torch import nn
from torch.nn import functional as F


class SelfAttention(nn.Module):
    """One map for queries, keys and values, or three. `bias` gives what is added to the scores; `cap` bounds them."""

    def __init__(self, width, heads, fused=True, causal=False, bias=None, cap=0.0, norm=None, with_bias=True):
        super().__init__()
        self.heads, self.causal, self.bias, self.cap = heads, causal, bias, cap
        self.fused = nn.Linear(width, 3 * width, with_bias) if fused else None
        if not fused:
            self.q, self.k, self.v = (nn.Linear(width, width, with_bias) for _ in range(3))
        self.norm_q, self.norm_k = (norm(width // heads), norm(width // heads)) if norm else (None, None)
        self.out = nn.Linear(width, width, with_bias)
        self.dropout = nn.Dropout(0.1)

    def split(self, x):
        n, t, c = x.shape
        return x.view(n, t, self.heads, c // self.heads).transpose(1, 2)

    def forward(self, x, mask=None, turn=None):
        n, t, c = x.shape
        q, k, v = self.fused(x).split(c, 2) if self.fused else (self.q(x), self.k(x), self.v(x))
        q, k, v = self.split(q), self.split(k), self.split(v)
        if self.norm_q:
            q, k = self.norm_q(q), self.norm_k(k)
        if turn:
            q, k = turn(q), turn(k)
        scores = q @ k.transpose(-2, -1) / math.sqrt(c // self.heads)
        if self.bias:
            scores = scores + self.bias(t)
        if self.cap:
            scores = self.cap * torch.tanh(scores / self.cap)
        if mask is not None:
            scores = scores + mask
        if self.causal:
            steps = torch.arange(t)
            scores = scores.masked_fill(steps[None, :] > steps[:, None], float("-inf"))
        y = self.dropout(torch.softmax(scores, -1)) @ v
        return self.out(y.transpose(1, 2).reshape(n, t, c))


class CrossAttention(nn.Module):
    def __init__(self, width, heads, with_bias=True, scaled=True):
        super().__init__()
        self.heads, self.scaled = heads, scaled
        self.q, self.k, self.v, self.out = (nn.Linear(width, width, with_bias) for _ in range(4))

    def forward(self, x, memory):
        n, t, c = x.shape
        split = lambda y: y.view(n, -1, self.heads, c // self.heads).transpose(1, 2)
        q, k, v = split(self.q(x)), split(self.k(memory)), split(self.v(memory))
        scores = q @ k.transpose(-2, -1)
        if self.scaled:
            scores = scores * (c // self.heads)**-0.5
        return self.out((torch.softmax(scores, -1) @ v).transpose(1, 2).reshape(n, t, c))


class RMSNorm(nn.Module):
    """Zhang and Sennrich 2019, as Llama has it; as Gemma has it with one added to the gain."""

    def __init__(self, width, eps=1e-6, one_more=False):
        super().__init__()
        self.weight, self.eps, self.one_more = nn.Parameter(torch.full((width,), 0.0 if one_more else 1.0)), eps, one_more

    def forward(self, x):
        y = x.float()
        y = y * torch.rsqrt(y.pow(2).mean(-1, keepdim=True) + self.eps)
        return y.type_as(x) * (1 + self.weight if self.one_more else self.weight)


class Rotary(nn.Module):
    """Su et al. 2021, the halves turned against each other."""

    def __init__(self, width, length):
        super().__init__()
        frequencies = 1 / 10000**(torch.arange(0, width, 2).float() / width)
        angles = torch.outer(torch.arange(length).float(), frequencies)
        angles = torch.cat([angles, angles], -1)
        self.register_buffer("cos", angles.cos())
        self.register_buffer("sin", angles.sin())

    def forward(self, x):
        half = x.shape[-1] // 2
        turned = torch.cat([-x[..., half:], x[..., :half]], -1)
        return x * self.cos[:x.shape[-2]] + turned * self.sin[:x.shape[-2]]


class GroupedAttention(nn.Module):
    """Ainslie et al. 2023: several queries to one key, turned by their places, causal."""

    def __init__(self, width, heads, groups, length):
        super().__init__()
        self.heads, self.groups, self.size = heads, groups, width // heads
        self.q, self.out = nn.Linear(width, width, bias=False), nn.Linear(width, width, bias=False)
        self.k, self.v = (nn.Linear(width, groups * self.size, bias=False) for _ in range(2))
        self.rotary = Rotary(self.size, length)
        self.register_buffer("mask", torch.triu(torch.full((length, length), float("-inf")), 1))

    def forward(self, x):
        n, t, c = x.shape
        q = self.q(x).view(n, t, self.heads, self.size).transpose(1, 2)
        k = self.k(x).view(n, t, self.groups, self.size).transpose(1, 2)
        v = self.v(x).view(n, t, self.groups, self.size).transpose(1, 2)
        q, k = self.rotary(q), self.rotary(k)
        repeat = self.heads // self.groups
        k = k[:, :, None].expand(n, self.groups, repeat, t, self.size).reshape(n, self.heads, t, self.size)
        v = v[:, :, None].expand(n, self.groups, repeat, t, self.size).reshape(n, self.heads, t, self.size)
        scores = torch.matmul(q, k.transpose(2, 3)) / math.sqrt(self.size) + self.mask[:t, :t]
        y = torch.matmul(F.softmax(scores.float(), dim=-1).type_as(q), v)
        return self.out(y.transpose(1, 2).contiguous().view(n, t, c))


def feed_forward(width, activation=nn.GELU, wide=4):
    return nn.Sequential(nn.Linear(width, wide * width), activation(), nn.Linear(wide * width, width))


class GatedFeedForward(nn.Module):
    def __init__(self, width, wide, activation):
        super().__init__()
        self.gate, self.up = nn.Linear(width, wide, bias=False), nn.Linear(width, wide, bias=False)
        self.down, self.activation = nn.Linear(wide, width, bias=False), activation

    def forward(self, x):
        return self.down(self.activation(self.gate(x)) * self.up(x))
