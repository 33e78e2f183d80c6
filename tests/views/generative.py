# SPDX-License-Identifier: Apache-2.0
"""Networks that make images and sounds."""
import math

import torch
from torch import nn
from torch.nn import functional as F

from architecture import architecture, channels_over_time, image, vectors, EXAMPLES


class OnePlace(nn.Module):
    def forward(self, x):
        return x[:, :, None, None]


@architecture(vectors(12), layers=3, nonlinearities=3, norms=2, folds=False)
def dcgan_generator():
    return nn.Sequential(OnePlace(), nn.ConvTranspose2d(12, 16, 4, 1, 0, bias=False), nn.BatchNorm2d(16),
                         nn.ReLU(True), nn.ConvTranspose2d(16, 8, 4, 2, 1, bias=False), nn.BatchNorm2d(8), nn.ReLU(True),
                         nn.ConvTranspose2d(8, 3, 4, 2, 1, bias=False), nn.Tanh())


@architecture(image(16), layers=3, nonlinearities=3, norms=1)
def dcgan_discriminator():
    return nn.Sequential(nn.Conv2d(3, 8, 4, 2, 1, bias=False), nn.LeakyReLU(0.2, True), nn.Conv2d(8, 16, 4, 2, 1, bias=False),
                         nn.BatchNorm2d(16), nn.LeakyReLU(0.2, True), nn.Conv2d(16, 1, 4, 1, 0, bias=False), nn.Sigmoid(),
                         nn.Flatten())


class WaveNet(nn.Module):
    """van den Oord et al. 2016: gated dilated convolutions, residual and skip ways."""

    def __init__(self, dilations=(1, 2, 4)):
        super().__init__()
        self.first = nn.Conv1d(2, 8, 1)
        self.filters = nn.ModuleList(nn.Conv1d(8, 8, 2, dilation=d) for d in dilations)
        self.gates = nn.ModuleList(nn.Conv1d(8, 8, 2, dilation=d) for d in dilations)
        self.ons = nn.ModuleList(nn.Conv1d(8, 8, 1) for _ in dilations)
        self.skips = nn.ModuleList(nn.Conv1d(8, 8, 1) for _ in dilations)
        self.last = nn.Sequential(nn.ReLU(), nn.Conv1d(8, 8, 1), nn.ReLU(), nn.Conv1d(8, 4, 1))

    def forward(self, x):
        x = self.first(x)
        out = 0
        for filter, gate, on, skip in zip(self.filters, self.gates, self.ons, self.skips):
            padded = F.pad(x, (filter.dilation[0], 0))
            y = torch.tanh(filter(padded)) * torch.sigmoid(gate(padded))
            out = out + skip(y)
            x = x + on(y)
        return self.last(out)


# The way on of the last block reaches no output; sums of the skip ways carry a state around the blocks after them.
@architecture(channels_over_time(2, 16), layers=14, nonlinearities=8, sums=4)
def wavenet():
    net = WaveNet()
    net.ons[-1].requires_grad_(False)  # what reaches nothing is in no file
    return net


class InstanceResidual(nn.Module):
    def __init__(self, channels):
        super().__init__()
        self.branch = nn.Sequential(nn.ReflectionPad2d(1), nn.Conv2d(channels, channels, 3),
                                    nn.InstanceNorm2d(channels, affine=True), nn.ReLU(), nn.ReflectionPad2d(1),
                                    nn.Conv2d(channels, channels, 3), nn.InstanceNorm2d(channels, affine=True))

    def forward(self, x):
        return x + self.branch(x)


@architecture(image(8), layers=8, nonlinearities=6, norms=7, sums=2)
def style_transfer():
    """Johnson et al. 2016, with instance norms."""
    norm = lambda channels: nn.InstanceNorm2d(channels, affine=True)
    return nn.Sequential(nn.Conv2d(3, 8, 3, padding=1), norm(8), nn.ReLU(), nn.Conv2d(8, 16, 3, 2, 1), norm(16), nn.ReLU(),
                         InstanceResidual(16), InstanceResidual(16), nn.Upsample(scale_factor=2),
                         nn.Conv2d(16, 8, 3, padding=1), norm(8), nn.ReLU(), nn.Conv2d(8, 3, 3, padding=1), nn.Tanh())


class DiffusionBlock(nn.Module):
    """Ho et al. 2020: group norm, swish, convolution, with the time added between."""

    def __init__(self, channels_in, channels):
        super().__init__()
        self.norm1, self.conv1 = nn.GroupNorm(4, channels_in), nn.Conv2d(channels_in, channels, 3, padding=1)
        self.time = nn.Linear(16, channels)
        self.norm2, self.conv2 = nn.GroupNorm(4, channels), nn.Conv2d(channels, channels, 3, padding=1)
        self.skip = nn.Conv2d(channels_in, channels, 1) if channels_in != channels else nn.Identity()

    def forward(self, x, t):
        y = self.conv1(F.silu(self.norm1(x)))
        y = y + self.time(t)[:, :, None, None]
        return self.skip(x) + self.conv2(F.silu(self.norm2(y)))


class PlaceAttention(nn.Module):
    def __init__(self, channels):
        super().__init__()
        self.norm, self.qkv, self.out = nn.GroupNorm(4, channels), nn.Conv2d(channels, 3 * channels, 1), nn.Conv2d(channels, channels, 1)

    def forward(self, x):
        n, c, h, w = x.shape
        q, k, v = self.qkv(self.norm(x)).reshape(n, 3, c, h * w).unbind(1)
        weights = torch.softmax(q.transpose(1, 2) @ k / math.sqrt(c), -1)
        return x + self.out((v @ weights.transpose(1, 2)).reshape(n, c, h, w))


class Diffusion(nn.Module):
    def __init__(self):
        super().__init__()
        self.register_buffer("frequencies", torch.exp(-math.log(10000) * torch.arange(4) / 4))
        self.time = nn.Sequential(nn.Linear(8, 16), nn.SiLU(), nn.Linear(16, 16))
        self.first = nn.Conv2d(3, 8, 3, padding=1)
        self.down, self.shrink = DiffusionBlock(8, 8), nn.Conv2d(8, 16, 3, 2, 1)
        self.middle, self.attention = DiffusionBlock(16, 16), PlaceAttention(16)
        self.grow, self.up = nn.Conv2d(16, 8, 3, padding=1), DiffusionBlock(16, 8)
        self.norm, self.last = nn.GroupNorm(4, 8), nn.Conv2d(8, 3, 3, padding=1)

    def forward(self, x, t):
        angles = t[:, None] * self.frequencies
        t = F.silu(self.time(torch.cat([torch.sin(angles), torch.cos(angles)], -1)))
        wide = self.down(self.first(x), t)
        deep = self.attention(self.middle(self.shrink(wide), t))
        up = self.grow(F.interpolate(deep, scale_factor=2.0, mode="nearest"))
        return self.last(F.silu(self.norm(self.up(torch.cat([up, wide], 1), t))))


# Three blocks (10 layers, 6 swishes, 6 norms, 3 sums), attention (2, 0, 1, 1), the time's map, the rest.
@architecture(lambda: (torch.randn(EXAMPLES, 3, 8, 8), torch.rand(EXAMPLES) * 100), layers=18, nonlinearities=11, norms=8, sums=4,
              attentions=1)
def diffusion_unet():
    return Diffusion()
