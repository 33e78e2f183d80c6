# SPDX-License-Identifier: Apache-2.0
"""Networks that train, as they are published, with the initial weights that their authors give them, each at two sizes.

`NETWORKS` maps a name to a function of a size, 0 or 1, that gives a module and its inputs: 32 standardized examples.
"""

import math

import torch
from torch import nn
from torch.nn import functional as F

EXAMPLES = 32
NETWORKS = {}


def network(build):
    NETWORKS[build.__name__] = build
    return build


def images(size, channels=3):
    return (torch.randn(EXAMPLES, channels, size, size),)


def tokens(length, vocabulary):
    return (torch.randint(vocabulary, (EXAMPLES, length)),)


def redraw(module, std, cut=False):
    """Linear maps, convolutions and embeddings from N(0, std), `cut` at two deviations; biases 0."""
    draw = nn.init.trunc_normal_ if cut else nn.init.normal_
    for part in module.modules():
        if isinstance(part, (nn.Linear, nn.Conv2d, nn.ConvTranspose2d, nn.Embedding)):
            draw(part.weight, std=std)
            if getattr(part, "bias", None) is not None:
                nn.init.zeros_(part.bias)
    return module


def kaiming(module):
    """torchvision's way with convolutions."""
    for part in module.modules():
        if isinstance(part, nn.Conv2d):
            nn.init.kaiming_normal_(part.weight, mode="fan_out", nonlinearity="relu")
    return module


def normed(old, new, size=3, stride=1, groups=1, activation=nn.ReLU):
    parts = [nn.Conv2d(old, new, size, stride, size // 2, groups=groups, bias=False), nn.BatchNorm2d(new)]
    return nn.Sequential(*parts, *([activation()] if activation else []))


def pooled(channels, classes=10):
    return nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(channels, classes))


class Residual(nn.Module):
    """x + branch(x), or of its way where shapes differ, and what follows the sum."""

    def __init__(self, branch, way=None, after=None):
        super().__init__()
        self.branch, self.way, self.after = branch, way or nn.Identity(), after or nn.Identity()

    def forward(self, x):
        return self.after(self.way(x) + self.branch(x))


# He et al. 2016.
def resnet(blocks, widths, bottleneck=False, zero_gamma=False):
    parts, old = [normed(3, widths[0])], widths[0]
    for stage, (count, width) in enumerate(zip(blocks, widths)):
        for i in range(count):
            stride, new = (2 if stage > 0 and i == 0 else 1), (4 * width if bottleneck else width)
            branch = (
                [normed(old, width, 1), normed(width, width, 3, stride), normed(width, new, 1, activation=None)]
                if bottleneck
                else [normed(old, width, 3, stride), normed(width, new, activation=None)]
            )
            if zero_gamma:
                nn.init.zeros_(branch[-1][1].weight)
            way = normed(old, new, 1, stride, activation=None) if stride > 1 or old != new else None
            parts.append(Residual(nn.Sequential(*branch), way, nn.ReLU()))
            old = new
    return kaiming(nn.Sequential(*parts, pooled(old)))


@network
def resnet_18(size):
    return resnet([2] * 4, [[16, 32, 64, 128], [64, 128, 256, 512]][size]), images(32)


@network
def resnet_18_zero_gamma(size):
    return resnet([2] * 4, [[16, 32, 64, 128], [64, 128, 256, 512]][size], zero_gamma=True), images(32)


@network
def resnet_20(size):
    return resnet([3] * 3, [[16, 32, 64], [32, 64, 128]][size]), images(32)


@network
def resnet_50(size):
    return resnet([3, 4, 6, 3], [[8, 16, 32, 64], [32, 64, 128, 256]][size], bottleneck=True), images(32)


# Simonyan and Zisserman 2015, with the norms of Ioffe and Szegedy 2015.
@network
def vgg_bn(size):
    parts, old = [], 3
    for width in [[32, "M", 64, "M", 128, 128, "M"], [64, 64, "M", 128, 128, "M", 256, 256, 256, "M", 512, 512, 512, "M"]][size]:
        parts.append(nn.MaxPool2d(2) if width == "M" else normed(old, width))
        old = old if width == "M" else width
    hidden = [128, 512][size]
    place = 32 // 2 ** sum(isinstance(part, nn.MaxPool2d) for part in parts)
    head = [nn.Flatten(), nn.Linear(old * place**2, hidden), nn.ReLU(), nn.Dropout(), nn.Linear(hidden, 10)]
    return kaiming(nn.Sequential(*parts, *head)), images(32)


# Radford et al. 2016: weights N(0, .02), gains N(1, .02).
def dcgan(module):
    redraw(module, 0.02)
    for part in module.modules():
        if isinstance(part, nn.BatchNorm2d):
            nn.init.normal_(part.weight, 1, 0.02)
    return module


@network
def dcgan_generator(size):
    n, places = [16, 64][size], [2, 3][size]
    parts, old = [nn.ConvTranspose2d(100, n << places, 4, 1, 0, bias=False), nn.BatchNorm2d(n << places), nn.ReLU()], n << places
    for _ in range(places):
        parts += [nn.ConvTranspose2d(old, old // 2, 4, 2, 1, bias=False), nn.BatchNorm2d(old // 2), nn.ReLU()]
        old //= 2
    return dcgan(nn.Sequential(*parts, nn.ConvTranspose2d(old, 3, 4, 2, 1, bias=False), nn.Tanh())), images(1, 100)


@network
def dcgan_discriminator(size):
    n, parts = [16, 64][size], []
    for i, old in enumerate([3, n, 2 * n]):
        norm = [nn.BatchNorm2d(n << i)] if i else []
        parts += [nn.Conv2d(old, n << i, 4, 2, 1, bias=False), *norm, nn.LeakyReLU(0.2)]
    last = nn.Conv2d(4 * n, 1, 4, 1, 0, bias=False)
    return dcgan(nn.Sequential(*parts, last, nn.Sigmoid(), nn.Flatten())), images(32)


class UNet(nn.Module):
    """Ronneberger et al. 2015, with norms."""

    def __init__(self, widths):
        super().__init__()
        double = lambda old, new: nn.Sequential(normed(old, new), normed(new, new))
        self.downs = nn.ModuleList(double(old, new) for old, new in zip([3, *widths], widths))
        self.grow = nn.ModuleList(nn.ConvTranspose2d(b, a, 2, 2) for a, b in zip(widths, widths[1:]))
        self.ups = nn.ModuleList(double(2 * a, a) for a in widths[:-1])
        self.last = nn.Conv2d(widths[0], 2, 1)

    def forward(self, x):
        kept = []
        for i, down in enumerate(self.downs):
            x = down(F.max_pool2d(x, 2) if i else x)
            kept.append(x)
        for i in reversed(range(len(self.ups))):
            x = self.ups[i](torch.cat([kept[i], self.grow[i](x)], 1))
        return self.last(x)


@network
def unet(size):
    return UNet([[8, 16, 32], [32, 64, 128, 256]][size]), images(32)


class Squeeze(nn.Module):
    """Hu et al. 2018."""

    def __init__(self, width, inner):
        super().__init__()
        self.scale = nn.Sequential(
            nn.AdaptiveAvgPool2d(1), nn.Conv2d(width, inner, 1), nn.SiLU(), nn.Conv2d(inner, width, 1), nn.Sigmoid()
        )

    def forward(self, x):
        return x * self.scale(x)


def inverted(old, new, stride, activation, squeezes, expand=6):
    """Sandler et al. 2018; squeezed by Tan and Le 2019."""
    inner = expand * old
    squeeze = [Squeeze(inner, max(1, old // 4))] if squeezes else []
    branch = nn.Sequential(
        normed(old, inner, 1, activation=activation), normed(inner, inner, 3, stride, inner, activation), *squeeze,
        normed(inner, new, 1, activation=None),
    )  # fmt: skip
    return Residual(branch) if stride == 1 and old == new else branch


def of_inverted(size, activation, squeezes):
    widths, counts = [[8, 16, 24], [16, 24, 32, 64, 96]][size], [2, 3][size]
    parts, old = [normed(3, widths[0], activation=activation)], widths[0]
    for stage, width in enumerate(widths):
        for i in range(counts):
            parts.append(inverted(old, width, 2 if stage and i == 0 else 1, activation, squeezes))
            old = width
    return kaiming(nn.Sequential(*parts, normed(old, 4 * old, 1, activation=activation), pooled(4 * old)))


@network
def mobilenet_v2(size):
    return of_inverted(size, nn.ReLU6, False), images(32)


@network
def efficientnet(size):
    return of_inverted(size, nn.SiLU, True), images(32)


class ChannelsLast(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.norm = nn.LayerNorm(width, eps=1e-6)

    def forward(self, x):
        return self.norm(x.permute(0, 2, 3, 1)).permute(0, 3, 1, 2)


class ConvNextBlock(nn.Module):
    """Liu et al. 2022, layer scale 1e-6."""

    def __init__(self, width):
        super().__init__()
        self.branch = nn.Sequential(
            nn.Conv2d(width, width, 7, padding=3, groups=width), ChannelsLast(width), nn.Conv2d(width, 4 * width, 1),
            nn.GELU(), nn.Conv2d(4 * width, width, 1),
        )  # fmt: skip
        self.scale = nn.Parameter(1e-6 * torch.ones(width, 1, 1))

    def forward(self, x):
        return x + self.scale * self.branch(x)


@network
def convnext(size):
    widths, counts = [[16, 32], [32, 64, 128]][size], [2, 3][size]
    parts = [nn.Conv2d(3, widths[0], 2, 2), ChannelsLast(widths[0])]
    for i, width in enumerate(widths):
        if i:
            parts += [ChannelsLast(widths[i - 1]), nn.Conv2d(widths[i - 1], width, 2, 2)]
        parts += [ConvNextBlock(width) for _ in range(counts)]
    head = [nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.LayerNorm(widths[-1]), nn.Linear(widths[-1], 10)]
    return redraw(nn.Sequential(*parts, *head), 0.02, cut=True), images(32)


class WaveNet(nn.Module):
    """van den Oord et al. 2016."""

    def __init__(self, width, dilations):
        super().__init__()
        conv = lambda old, new, dilation=0: nn.Conv1d(old, new, 2 if dilation else 1, dilation=max(1, dilation))
        self.first = conv(1, width)
        self.filters = nn.ModuleList(conv(width, width, d) for d in dilations)
        self.gates = nn.ModuleList(conv(width, width, d) for d in dilations)
        self.ons = nn.ModuleList(conv(width, width) for _ in dilations)
        self.skips = nn.ModuleList(conv(width, width) for _ in dilations)
        self.last = nn.Sequential(nn.ReLU(), conv(width, width), nn.ReLU(), conv(width, 16))

    def forward(self, x):
        x, out = self.first(x), 0
        for way, gate, on, skip in zip(self.filters, self.gates, self.ons, self.skips):
            padded = F.pad(x, (way.dilation[0], 0))
            y = torch.tanh(way(padded)) * torch.sigmoid(gate(padded))
            out, x = out + skip(y), x + on(y)
        return self.last(out)


@network
def wavenet(size):
    return WaveNet([16, 32][size], [[1, 2, 4, 8], [1, 2, 4, 8, 16, 32, 64, 128]][size]), (torch.randn(EXAMPLES, 1, [64, 256][size]),)


# Zhang et al. 2019: no norms; the last weights of branches and the readout 0, the others scaled by L^-1/2.
class FixupBlock(nn.Module):
    def __init__(self, width, blocks):
        super().__init__()
        self.biases, self.gain = nn.Parameter(torch.zeros(4)), nn.Parameter(torch.ones(1))
        self.one, self.two = (nn.Conv2d(width, width, 3, padding=1, bias=False) for _ in range(2))
        nn.init.normal_(self.one.weight, std=math.sqrt(2 / (9 * width)) * blocks**-0.5)
        nn.init.zeros_(self.two.weight)

    def forward(self, x):
        y = torch.relu(self.one(x + self.biases[0]) + self.biases[1])
        return torch.relu(x + self.gain * self.two(y + self.biases[2]) + self.biases[3])


@network
def fixup(size):
    width, blocks = [16, 32][size], [6, 16][size]
    head = pooled(width)
    nn.init.zeros_(head[-1].weight)
    nn.init.zeros_(head[-1].bias)
    first = nn.Sequential(nn.Conv2d(3, width, 3, 2, 1), nn.ReLU())
    return nn.Sequential(kaiming(first), *(FixupBlock(width, blocks) for _ in range(blocks)), head), images(32)
