# SPDX-License-Identifier: Apache-2.0
"""Convolutional networks with residual sums."""
import torch
from torch import nn
from torch.nn import functional as F

from architecture import architecture, image
from convolutional import normed, pooled_readout, squeeze_excite


class Block(nn.Module):
    """He et al. 2016, figure 2: the sum is rectified. `between` follows the branch."""

    def __init__(self, channels_in, channels, stride, groups=1, bottleneck=False, between=None, zero_gamma=False):
        super().__init__()
        if bottleneck:
            inner = channels // 2
            self.branch = nn.Sequential(normed(channels_in, inner, 1), normed(inner, inner, 3, stride, groups=groups),
                                        normed(inner, channels, 1, activation=None))
        else:
            self.branch = nn.Sequential(normed(channels_in, channels, 3, stride), normed(channels, channels, activation=None))
        if zero_gamma:
            nn.init.zeros_(self.branch[-1][1].weight)
        self.between = between(channels) if between else None
        self.skip = nn.Identity()
        if stride != 1 or channels_in != channels:
            self.skip = normed(channels_in, channels, 1, stride, activation=None)

    def forward(self, x):
        y = self.branch(x)
        if self.between:
            y = self.between(y)
        return F.relu(y + self.skip(x))


def resnet_of(**options):
    return nn.Sequential(normed(3, 8), Block(8, 8, 1, **options), Block(8, 16, 2, **options), Block(16, 16, 1, **options),
                         pooled_readout(16))


@architecture(image(12), layers=9, nonlinearities=7, norms=8, sums=3)
def resnet():
    return resnet_of()


@architecture(image(12), layers=12, nonlinearities=10, norms=11, sums=3)
def resnet_bottleneck():
    return resnet_of(bottleneck=True)


@architecture(image(12), layers=9, nonlinearities=7, norms=8, sums=3)
def resnet_zero_gamma():
    return resnet_of(zero_gamma=True)


@architecture(image(12), layers=12, nonlinearities=10, norms=11, sums=3)
def resnext():
    return resnet_of(bottleneck=True, groups=2)


class SqueezeExcite(nn.Module):
    """Hu et al. 2018, with linear maps."""

    def __init__(self, channels):
        super().__init__()
        self.scale = nn.Sequential(nn.Linear(channels, 4), nn.ReLU(), nn.Linear(4, channels), nn.Sigmoid())

    def forward(self, x):
        return x * self.scale(x.mean((2, 3)))[:, :, None, None]


@architecture(image(12), layers=15, nonlinearities=13, norms=8, sums=3)
def squeeze_excite_resnet():
    return resnet_of(between=SqueezeExcite)


class PreActivation(nn.Module):
    """He et al. 2016, figure 4e; where it widens, the first rectifier is shared with the skip."""

    def __init__(self, channels_in, channels, stride, dropout=0.0):
        super().__init__()
        self.norm1, self.conv1 = nn.BatchNorm2d(channels_in), nn.Conv2d(channels_in, channels, 3, stride, 1, bias=False)
        self.norm2, self.conv2 = nn.BatchNorm2d(channels), nn.Conv2d(channels, channels, 3, 1, 1, bias=False)
        self.dropout = nn.Dropout(dropout)
        self.project = None
        if stride != 1 or channels_in != channels:
            self.project = nn.Conv2d(channels_in, channels, 1, stride, bias=False)

    def forward(self, x):
        h = F.relu(self.norm1(x))
        skip = self.project(h) if self.project else x
        return skip + self.conv2(self.dropout(F.relu(self.norm2(self.conv1(h)))))


class PreActivationResnet(nn.Module):
    def __init__(self, dropout=0.0):
        super().__init__()
        self.stem = nn.Conv2d(3, 8, 3, 1, 1, bias=False)
        self.blocks = nn.ModuleList([PreActivation(8, 8, 1, dropout), PreActivation(8, 16, 2, dropout),
                                     PreActivation(16, 16, 1, dropout)])
        self.norm, self.head = nn.BatchNorm2d(16), nn.Linear(16, 10)

    def forward(self, x):
        x = self.stem(x)
        for block in self.blocks:
            x = block(x)
        return self.head(F.relu(self.norm(x)).mean((2, 3)))


# Of a block the second norm follows a convolution directly; the first follows a sum, but for the stem's.
@architecture(image(12), layers=9, nonlinearities=7, norms=7, sums=3)
def preactivation_resnet():
    return PreActivationResnet()


@architecture(image(12), layers=9, nonlinearities=7, norms=7, sums=3)
def wide_resnet_with_dropout():
    return PreActivationResnet(0.3)


class StochasticDepth(nn.Module):
    """Huang et al. 2016: the branch of an example is dropped as a whole."""

    def __init__(self, branch, rate=0.2):
        super().__init__()
        self.branch, self.rate = branch, rate

    def forward(self, x):
        y = self.branch(x)
        if self.training:
            kept = torch.rand(x.shape[0], 1, 1, 1) >= self.rate
            y = y * kept.float() / (1 - self.rate)
        return x + y


@architecture(image(8), layers=6, nonlinearities=3, norms=5, sums=2, training=False)
def stochastic_depth():
    block = lambda: StochasticDepth(nn.Sequential(normed(8, 8), normed(8, 8, activation=None)))
    return nn.Sequential(normed(3, 8), block(), block(), pooled_readout(8))


class Fixup(nn.Module):
    """Zhang et al. 2019: scalar biases before every convolution, a scalar scale after the last."""

    def __init__(self, channels):
        super().__init__()
        self.bias1a, self.bias1b = nn.Parameter(torch.zeros(1)), nn.Parameter(torch.zeros(1))
        self.bias2a, self.bias2b = nn.Parameter(torch.zeros(1)), nn.Parameter(torch.zeros(1))
        self.scale = nn.Parameter(torch.ones(1))
        self.conv1 = nn.Conv2d(channels, channels, 3, padding=1, bias=False)
        self.conv2 = nn.Conv2d(channels, channels, 3, padding=1, bias=False)
        nn.init.zeros_(self.conv2.weight)

    def forward(self, x):
        y = F.relu(self.conv1(x + self.bias1a) + self.bias1b)
        y = self.conv2(y + self.bias2a) * self.scale + self.bias2b
        return F.relu(x + y)


@architecture(image(8), layers=6, nonlinearities=5, sums=2)
def fixup():
    return nn.Sequential(nn.Conv2d(3, 8, 3, padding=1), nn.ReLU(), Fixup(8), Fixup(8), pooled_readout(8))


class ReZero(nn.Module):
    def __init__(self, channels):
        super().__init__()
        self.alpha = nn.Parameter(torch.zeros(1))
        self.branch = nn.Sequential(nn.Conv2d(channels, channels, 3, padding=1), nn.ReLU(),
                                    nn.Conv2d(channels, channels, 3, padding=1))

    def forward(self, x):
        return x + self.alpha * self.branch(x)


@architecture(image(8), layers=6, nonlinearities=3, sums=2)
def rezero():
    return nn.Sequential(nn.Conv2d(3, 8, 3, padding=1), nn.ReLU(), ReZero(8), ReZero(8), pooled_readout(8))


class SkipInit(ReZero):
    """De and Smith 2020: the scale is a number without axes, and a temperature by its logarithm."""

    def __init__(self, channels):
        super().__init__(channels)
        self.alpha, self.beta = nn.Parameter(torch.tensor(0.0)), nn.Parameter(torch.zeros(1))

    def forward(self, x):
        return super().forward(x * self.beta.exp().view(1, 1, 1, 1))


@architecture(image(8), layers=6, nonlinearities=3, sums=2)
def skip_init():
    return nn.Sequential(nn.Conv2d(3, 8, 3, padding=1), nn.ReLU(), SkipInit(8), SkipInit(8), pooled_readout(8))


class ConvNextBlock(nn.Module):
    """Liu et al. 2022."""

    def __init__(self, channels):
        super().__init__()
        self.depthwise = nn.Conv2d(channels, channels, 7, padding=3, groups=channels)
        self.norm = nn.LayerNorm(channels, eps=1e-6)
        self.wide, self.narrow = nn.Linear(channels, 4 * channels), nn.Linear(4 * channels, channels)
        self.gamma = nn.Parameter(1e-6 * torch.ones(channels))

    def forward(self, x):
        y = self.norm(self.depthwise(x).permute(0, 2, 3, 1))
        y = self.gamma * self.narrow(F.gelu(self.wide(y)))
        return x + y.permute(0, 3, 1, 2)


class ChannelNorm(nn.Module):
    """LayerNorm over the channels, written out, as ConvNeXt has it for channels first."""

    def __init__(self, channels):
        super().__init__()
        self.weight, self.bias = nn.Parameter(torch.ones(channels)), nn.Parameter(torch.zeros(channels))

    def forward(self, x):
        mean = x.mean(1, keepdim=True)
        variance = (x - mean).pow(2).mean(1, keepdim=True)
        x = (x - mean) / torch.sqrt(variance + 1e-6)
        return self.weight[:, None, None] * x + self.bias[:, None, None]


class ConvNext(nn.Module):
    def __init__(self):
        super().__init__()
        self.stem = nn.Sequential(nn.Conv2d(3, 8, 4, 4), ChannelNorm(8))
        self.stage1 = nn.Sequential(ConvNextBlock(8), ConvNextBlock(8))
        self.down = nn.Sequential(ChannelNorm(8), nn.Conv2d(8, 16, 2, 2))
        self.stage2 = nn.Sequential(ConvNextBlock(16), ConvNextBlock(16))
        self.norm, self.head = nn.LayerNorm(16), nn.Linear(16, 10)

    def forward(self, x):
        x = self.stage2(self.down(self.stage1(self.stem(x))))
        return self.head(self.norm(x.mean((-2, -1))))


@architecture(image(16), layers=15, nonlinearities=4, norms=7, sums=4)
def convnext():
    return ConvNext()


class Residual(nn.Module):
    def __init__(self, branch):
        super().__init__()
        self.branch = branch

    def forward(self, x):
        return self.branch(x) + x


@architecture(image(8), layers=6, nonlinearities=5, norms=5, sums=2, folds=False)
def convolution_mixer():
    """Trockman and Kolter 2022."""
    block = lambda: nn.Sequential(
        Residual(nn.Sequential(nn.Conv2d(8, 8, 5, groups=8, padding=2), nn.GELU(), nn.BatchNorm2d(8))), nn.Conv2d(8, 8, 1),
        nn.GELU(), nn.BatchNorm2d(8))
    return nn.Sequential(nn.Conv2d(3, 8, 2, 2), nn.GELU(), nn.BatchNorm2d(8), block(), block(), pooled_readout(8))


class SuperResolution(nn.Module):
    """Lim et al. 2017: branches scaled by .1, one long skip, pixels shuffled."""

    def __init__(self):
        super().__init__()
        self.head = nn.Conv2d(3, 8, 3, padding=1)
        self.branches = nn.ModuleList(
            nn.Sequential(nn.Conv2d(8, 8, 3, padding=1), nn.ReLU(), nn.Conv2d(8, 8, 3, padding=1)) for _ in range(3))
        self.last = nn.Conv2d(8, 8, 3, padding=1)
        self.up = nn.Sequential(nn.Conv2d(8, 32, 3, padding=1), nn.PixelShuffle(2), nn.Conv2d(8, 3, 3, padding=1))

    def forward(self, x):
        x = y = self.head(x)
        for branch in self.branches:
            y = y + 0.1 * branch(y)
        return self.up(x + self.last(y))


@architecture(image(6), layers=10, nonlinearities=3, sums=4)
def super_resolution():
    return SuperResolution()


class AttentionBlock(nn.Module):
    """Woo et al. 2018: channels by both pools through one map, then places."""

    def __init__(self, channels):
        super().__init__()
        self.shared = nn.Sequential(nn.Linear(channels, 4), nn.ReLU(), nn.Linear(4, channels))
        self.place = nn.Conv2d(2, 1, 7, padding=3)

    def forward(self, x):
        scale = torch.sigmoid(self.shared(x.mean((2, 3))) + self.shared(x.amax((2, 3))))
        x = x * scale[:, :, None, None]
        return x * torch.sigmoid(self.place(torch.cat([x.mean(1, keepdim=True), x.amax(1, keepdim=True)], 1)))


@architecture(image(8), layers=18, nonlinearities=14, norms=5, sums=2)
def channel_and_place_attention():
    return nn.Sequential(normed(3, 8), Block(8, 8, 1, between=AttentionBlock), Block(8, 8, 1, between=AttentionBlock),
                         pooled_readout(8), nn.Linear(10, 10), nn.ReLU(), nn.Linear(10, 2))


class Darknet(nn.Module):
    """Redmon and Farhadi 2018 in small: leaky rectifiers, sums, a route from an earlier scale."""

    def __init__(self):
        super().__init__()
        leaky = lambda: nn.LeakyReLU(0.1)
        unit = lambda i, o, k=3, s=1: normed(i, o, k, s, leaky)
        self.first = nn.Sequential(unit(3, 8), Residual(nn.Sequential(unit(8, 4, 1), unit(4, 8))))
        self.second = nn.Sequential(unit(8, 16, 3, 2), Residual(nn.Sequential(unit(16, 8, 1), unit(8, 16))))
        self.narrow = unit(16, 8, 1)
        self.large = nn.Conv2d(16, 6, 1)
        self.small = nn.Sequential(unit(16, 8), nn.Conv2d(8, 6, 1))

    def forward(self, x):
        fine = self.first(x)
        coarse = self.second(fine)
        up = F.interpolate(self.narrow(coarse), scale_factor=2.0, mode="nearest")
        return self.large(coarse), self.small(torch.cat([up, fine], 1))


@architecture(image(8), layers=10, nonlinearities=8, norms=8, sums=2)
def darknet():
    return Darknet()


class GoNetwork(nn.Module):
    """Silver et al. 2017: a tower and two heads."""

    def __init__(self):
        super().__init__()
        self.tower = nn.Sequential(normed(3, 8), Block(8, 8, 1), Block(8, 8, 1))
        self.policy = nn.Sequential(normed(8, 2, 1), nn.Flatten(), nn.Linear(50, 26))
        self.value = nn.Sequential(normed(8, 1, 1), nn.Flatten(), nn.Linear(25, 8), nn.ReLU(), nn.Linear(8, 1), nn.Tanh())

    def forward(self, x):
        x = self.tower(x)
        return self.policy(x), self.value(x)


@architecture(image(5), layers=10, nonlinearities=9, norms=7, sums=2)
def two_headed_tower():
    return GoNetwork()
