# SPDX-License-Identifier: Apache-2.0
"""Convolutional networks without residual sums, and those whose skips are concatenations."""
import torch
from torch import nn
from torch.nn import functional as F

from architecture import architecture, channels_over_time, image


def normed(channels_in, channels, size=3, stride=1, activation=nn.ReLU, groups=1):
    """A convolution, its batch norm and what follows."""
    parts = [nn.Conv2d(channels_in, channels, size, stride, size // 2, groups=groups, bias=False), nn.BatchNorm2d(channels)]
    return nn.Sequential(*parts, *([activation()] if activation else []))


def pooled_readout(channels, classes=10):
    return nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(channels, classes))


@architecture(image(20, 1), layers=5, nonlinearities=4)
def lenet():
    return nn.Sequential(nn.Conv2d(1, 6, 5), nn.Tanh(), nn.AvgPool2d(2), nn.Conv2d(6, 16, 5), nn.Tanh(), nn.AvgPool2d(2),
                         nn.Flatten(), nn.Linear(64, 24), nn.Tanh(), nn.Linear(24, 16), nn.Tanh(), nn.Linear(16, 10))


@architecture(image(16), layers=5, nonlinearities=4, norms=2)
def alexnet():
    return nn.Sequential(nn.Conv2d(3, 8, 5, 1, 2), nn.ReLU(), nn.LocalResponseNorm(5), nn.MaxPool2d(2),
                         nn.Conv2d(8, 16, 5, 1, 2), nn.ReLU(), nn.LocalResponseNorm(5), nn.MaxPool2d(2), nn.Flatten(),
                         nn.Dropout(), nn.Linear(256, 32), nn.ReLU(), nn.Dropout(), nn.Linear(32, 32), nn.ReLU(),
                         nn.Linear(32, 10))


def vgg_features(with_norm):
    parts, channels_in = [], 3
    for channels in (8, 8, "pool", 16, 16, "pool"):
        if channels == "pool":
            parts.append(nn.MaxPool2d(2))
            continue
        parts.append(nn.Conv2d(channels_in, channels, 3, padding=1))
        parts += [nn.BatchNorm2d(channels)] if with_norm else []
        parts.append(nn.ReLU(inplace=True))
        channels_in = channels
    return nn.Sequential(*parts, nn.Flatten(), nn.Linear(256, 32), nn.ReLU(True), nn.Dropout(), nn.Linear(32, 10))


@architecture(image(16), layers=6, nonlinearities=5)
def vgg():
    return vgg_features(False)


@architecture(image(16), layers=6, nonlinearities=5, norms=4)
def vgg_with_batch_norm():
    return vgg_features(True)


class Inception(nn.Module):
    def __init__(self, channels):
        super().__init__()
        self.one = normed(channels, 4, 1)
        self.three = nn.Sequential(normed(channels, 4, 1), normed(4, 8))
        self.five = nn.Sequential(normed(channels, 2, 1), normed(2, 4, 5))
        self.pool = nn.Sequential(nn.MaxPool2d(3, 1, 1), normed(channels, 4, 1))

    def forward(self, x):
        return torch.cat([self.one(x), self.three(x), self.five(x), self.pool(x)], 1)


@architecture(image(8), layers=14, nonlinearities=13, norms=13)
def inception():
    return nn.Sequential(normed(3, 8), Inception(8), Inception(20), pooled_readout(20))


class Fire(nn.Module):
    def __init__(self, channels, squeezed, expanded):
        super().__init__()
        self.squeeze = nn.Conv2d(channels, squeezed, 1)
        self.one, self.three = nn.Conv2d(squeezed, expanded, 1), nn.Conv2d(squeezed, expanded, 3, padding=1)

    def forward(self, x):
        x = F.relu(self.squeeze(x))
        return torch.cat([F.relu(self.one(x)), F.relu(self.three(x))], 1)


@architecture(image(12), layers=8, nonlinearities=8)
def squeezenet():
    return nn.Sequential(nn.Conv2d(3, 8, 3), nn.ReLU(), nn.MaxPool2d(2, ceil_mode=True), Fire(8, 4, 8), Fire(16, 4, 8),
                         nn.Dropout(), nn.Conv2d(16, 10, 1), nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten())


class Dense(nn.Module):
    """Huang et al. 2017: norm, rectifier, convolution, beside what came before."""

    def __init__(self, channels, growth=4):
        super().__init__()
        self.norm1, self.conv1 = nn.BatchNorm2d(channels), nn.Conv2d(channels, 4 * growth, 1, bias=False)
        self.norm2, self.conv2 = nn.BatchNorm2d(4 * growth), nn.Conv2d(4 * growth, growth, 3, padding=1, bias=False)

    def forward(self, x):
        y = self.conv1(F.relu(self.norm1(x)))
        y = self.conv2(F.relu(self.norm2(y)))
        return torch.cat([x, y], 1)


# Every second norm follows a convolution directly; it is a bottleneck's own.
@architecture(image(8), layers=11, nonlinearities=10, norms=10)
def densenet():
    parts = [nn.Conv2d(3, 8, 3, padding=1, bias=False)]
    channels = 8
    for block in range(2):
        for _ in range(2):
            parts.append(Dense(channels))
            channels += 4
        if block == 0:
            parts += [nn.BatchNorm2d(channels), nn.ReLU(), nn.Conv2d(channels, channels // 2, 1, bias=False), nn.AvgPool2d(2)]
            channels //= 2
    return nn.Sequential(*parts, nn.BatchNorm2d(channels), nn.ReLU(), pooled_readout(channels))


class UNet(nn.Module):
    """Ronneberger et al. 2015, with transposed convolutions or bilinear ones."""

    def __init__(self, bilinear):
        super().__init__()
        self.down, self.bottom = self.twice(3, 8), self.twice(8, 16)
        self.up = nn.ConvTranspose2d(16, 8, 2, 2)
        if bilinear:
            self.up = nn.Sequential(nn.Upsample(scale_factor=2, mode="bilinear", align_corners=True), nn.Conv2d(16, 8, 1))
        self.merge, self.last = self.twice(16, 8), nn.Conv2d(8, 2, 1)

    @staticmethod
    def twice(channels_in, channels):
        return nn.Sequential(normed(channels_in, channels), normed(channels, channels))

    def forward(self, x):
        wide = self.down(x)
        deep = self.bottom(F.max_pool2d(wide, 2))
        return self.last(self.merge(torch.cat([wide, self.up(deep)], 1)))


@architecture(image(8), layers=8, nonlinearities=6, norms=6)
def unet():
    return UNet(False)


@architecture(image(8), layers=8, nonlinearities=6, norms=6)
def unet_bilinear():
    return UNet(True)


def squeeze_excite(channels, squeezed, gate=nn.Sigmoid):
    return nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Conv2d(channels, squeezed, 1), nn.ReLU(), nn.Conv2d(squeezed, channels, 1),
                         gate())


class Separable(nn.Sequential):
    """MobileNet's first block: one channel at a time, then all."""

    def __init__(self, channels_in, channels, stride):
        super().__init__(normed(channels_in, channels_in, 3, stride, groups=channels_in), normed(channels_in, channels, 1))


@architecture(image(8), layers=8, nonlinearities=7, norms=7)
def mobilenet():
    return nn.Sequential(normed(3, 8), Separable(8, 16, 1), Separable(16, 16, 2), Separable(16, 16, 1), pooled_readout(16))


class InvertedResidual(nn.Module):
    """Sandler et al. 2018; with a squeeze and excitation, Howard et al. 2019 and Tan and Le 2019."""

    def __init__(self, channels_in, channels, stride, activation, gate=None):
        super().__init__()
        wide = 2 * channels_in
        self.expand = normed(channels_in, wide, 1, activation=activation)
        self.depthwise = normed(wide, wide, 3, stride, activation, groups=wide)
        self.gate = squeeze_excite(wide, 4, gate) if gate else None
        self.project = normed(wide, channels, 1, activation=None)
        self.adds = stride == 1 and channels_in == channels

    def forward(self, x):
        y = self.depthwise(self.expand(x))
        if self.gate:
            y = y * self.gate(y)
        y = self.project(y)
        return x + y if self.adds else y


def inverted(activation, gate=None):
    block = lambda i, o, s: InvertedResidual(i, o, s, activation, gate)
    return nn.Sequential(normed(3, 8, activation=activation), block(8, 8, 1), block(8, 16, 2), block(16, 16, 1),
                         pooled_readout(16))


@architecture(image(8), layers=11, nonlinearities=7, norms=10, sums=2)
def mobilenet_v2():
    return inverted(nn.ReLU6)


@architecture(image(8), layers=17, nonlinearities=13, norms=10, sums=2)
def mobilenet_v3():
    return inverted(nn.Hardswish, nn.Hardsigmoid)


@architecture(image(8), layers=17, nonlinearities=13, norms=10, sums=2)
def efficientnet():
    return inverted(nn.SiLU, nn.Sigmoid)


class Shuffle(nn.Module):
    """Ma et al. 2018: half of the channels pass unchanged, then all are shuffled."""

    def __init__(self, channels):
        super().__init__()
        half = channels // 2
        self.branch = nn.Sequential(normed(half, half, 1), normed(half, half, groups=half, activation=None), normed(half, half, 1))

    def forward(self, x):
        a, b = x.chunk(2, 1)
        x = torch.cat([a, self.branch(b)], 1)
        n, c, h, w = x.shape
        return x.view(n, 2, c // 2, h, w).transpose(1, 2).reshape(n, c, h, w)


@architecture(image(8), layers=8, nonlinearities=5, norms=7)
def shufflenet():
    return nn.Sequential(normed(3, 8), Shuffle(8), Shuffle(8), pooled_readout(8))


@architecture(channels_over_time(4, 20), layers=4, nonlinearities=3, norms=3)
def convolution_over_time():
    parts = []
    for channels_in, channels in ((4, 8), (8, 8), (8, 8)):
        parts += [nn.Conv1d(channels_in, channels, 3, padding=1), nn.BatchNorm1d(channels), nn.LeakyReLU(0.1)]
    return nn.Sequential(*parts, nn.AdaptiveMaxPool1d(1), nn.Flatten(), nn.Linear(8, 2))


@architecture(lambda: (torch.randn(4, 2, 6, 6, 6),), layers=3, nonlinearities=2, norms=2)
def convolution_of_volumes():
    return nn.Sequential(nn.Conv3d(2, 4, 3, padding=1), nn.BatchNorm3d(4), nn.ReLU(), nn.MaxPool3d(2),
                         nn.Conv3d(4, 8, 3, padding=1), nn.BatchNorm3d(8), nn.ReLU(), nn.AdaptiveAvgPool3d(1), nn.Flatten(),
                         nn.Linear(8, 2))
