# SPDX-License-Identifier: Apache-2.0
"""Layers whose weights are computed from parameters."""
import torch
from torch import nn
from torch.nn import functional as F

from architecture import architecture, channels_over_time, image, vectors


@architecture(vectors(8), layers=3, nonlinearities=2, folded={"eval": -36, "optimized": -36})
def weight_norm_perceptron():
    norm = nn.utils.weight_norm
    return nn.Sequential(norm(nn.Linear(8, 16)), nn.ReLU(), norm(nn.Linear(16, 16)), nn.ReLU(), norm(nn.Linear(16, 4)))


class TemporalBlock(nn.Module):
    """Bai et al. 2018: weight norm, dilation, causal by cutting off the end."""

    def __init__(self, channels_in, channels, dilation):
        super().__init__()
        norm = nn.utils.weight_norm
        self.cut = 2 * dilation
        self.conv1 = norm(nn.Conv1d(channels_in, channels, 3, padding=self.cut, dilation=dilation))
        self.conv2 = norm(nn.Conv1d(channels, channels, 3, padding=self.cut, dilation=dilation))
        self.skip = nn.Conv1d(channels_in, channels, 1) if channels_in != channels else None

    def forward(self, x):
        y = F.relu(self.conv1(x)[:, :, :-self.cut])
        y = F.relu(self.conv2(y)[:, :, :-self.cut])
        return F.relu(y + (x if self.skip is None else self.skip(x)))


@architecture(channels_over_time(4, 12), layers=6, nonlinearities=6, sums=2, folded={"eval": -32, "optimized": -32})
def temporal_convolution():
    class Last(nn.Module):
        def __init__(self):
            super().__init__()
            self.head = nn.Linear(8, 2)

        def forward(self, x):
            return self.head(x[:, :, -1])

    return nn.Sequential(TemporalBlock(4, 8, 1), TemporalBlock(8, 8, 2), Last())


@architecture(image(8), layers=4, nonlinearities=3, training=False)
def spectral_norm_discriminator():
    norm = nn.utils.spectral_norm
    return nn.Sequential(norm(nn.Conv2d(3, 8, 3, 1, 1)), nn.LeakyReLU(0.1), norm(nn.Conv2d(8, 8, 4, 2, 1)), nn.LeakyReLU(0.1),
                         norm(nn.Conv2d(8, 16, 4, 2, 1)), nn.LeakyReLU(0.1), nn.Flatten(), norm(nn.Linear(64, 1)))


class StandardizedConv2d(nn.Conv2d):
    """Qiao et al. 2019."""

    def forward(self, x):
        weight = self.weight
        mean = weight.mean(dim=(1, 2, 3), keepdim=True)
        centred = weight - mean
        deviation = centred.pow(2).mean(dim=(1, 2, 3), keepdim=True).add(1e-5).sqrt()
        return F.conv2d(x, centred / deviation, self.bias, self.stride, self.padding, self.dilation, self.groups)


class BigTransferBlock(nn.Module):
    """Kolesnikov et al. 2020: group norm, standardized weights, pre-activation."""

    def __init__(self, channels):
        super().__init__()
        self.branch = nn.Sequential(nn.GroupNorm(4, channels), nn.ReLU(), StandardizedConv2d(channels, channels, 3, padding=1, bias=False),
                                    nn.GroupNorm(4, channels), nn.ReLU(), StandardizedConv2d(channels, channels, 3, padding=1, bias=False))

    def forward(self, x):
        return x + self.branch(x)


@architecture(image(8), layers=6, nonlinearities=5, norms=5, sums=2)
def weight_standardization():
    return nn.Sequential(StandardizedConv2d(3, 8, 3, padding=1, bias=False), BigTransferBlock(8), BigTransferBlock(8),
                         nn.GroupNorm(4, 8), nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(8, 10))


class NormedConv2d(nn.Conv2d):
    """The same by a batch norm of the weight, a filter a channel."""

    def forward(self, x):
        weight = F.batch_norm(self.weight.reshape(1, self.out_channels, -1), None, None, training=True, momentum=0.0, eps=1e-6)
        return F.conv2d(x, weight.reshape_as(self.weight), self.bias, self.stride, self.padding, self.dilation, self.groups)


# The exporter's folding leaves two copies of every weight, one of them transposed.
@architecture(image(8), layers=3, nonlinearities=2, folded={"eval": 792})
def weight_standardization_by_batch_norm():
    return nn.Sequential(NormedConv2d(3, 8, 3), nn.ReLU(), NormedConv2d(8, 8, 3, bias=False), nn.ReLU(), nn.Flatten(),
                         nn.Linear(128, 4))


class ScaledStandardizedConv2d(nn.Conv2d):
    """Brock et al. 2021, with a gain that trains."""

    def __init__(self, *arguments, **options):
        super().__init__(*arguments, **options)
        self.gain = nn.Parameter(torch.ones(self.out_channels, 1, 1, 1))

    def forward(self, x):
        variance, mean = torch.var_mean(self.weight, dim=(1, 2, 3), keepdim=True, unbiased=False)
        fan_in = self.weight[0].numel()
        weight = (self.weight - mean) * torch.rsqrt(variance * fan_in + 1e-4) * self.gain
        return F.conv2d(x, weight, self.bias, self.stride, self.padding, self.dilation, self.groups)


class NormFreeBlock(nn.Module):
    def __init__(self, channels, alpha=0.2, beta=1.0):
        super().__init__()
        self.conv1 = ScaledStandardizedConv2d(channels, channels, 3, padding=1)
        self.conv2 = ScaledStandardizedConv2d(channels, channels, 3, padding=1)
        self.alpha, self.beta = alpha, beta

    def forward(self, x):
        y = self.conv1(1.7139 * F.relu(x) / self.beta)
        return x + self.alpha * self.conv2(1.7139 * F.relu(y))


@architecture(image(8), layers=6, nonlinearities=4, sums=2)
def norm_free():
    return nn.Sequential(ScaledStandardizedConv2d(3, 8, 3, padding=1), NormFreeBlock(8), NormFreeBlock(8, beta=1.02),
                         nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(8, 10))


class LowRank(nn.Module):
    """Hu et al. 2022: beside the base, or added to its weight."""

    def __init__(self, width, out, rank=2, merged=False):
        super().__init__()
        self.base = nn.Linear(width, out)
        self.down = nn.Parameter(torch.randn(rank, width) * 0.1)
        self.up = nn.Parameter(torch.randn(out, rank) * 0.1)
        self.merged = merged

    def forward(self, x):
        if self.merged:
            return F.linear(x, self.base.weight + 2 * self.up @ self.down, self.base.bias)
        return self.base(x) + 2 * F.linear(F.linear(x, self.down), self.up)


@architecture(vectors(8), layers=7, nonlinearities=2)
def low_rank_beside():
    return nn.Sequential(LowRank(8, 16), nn.ReLU(), LowRank(16, 16), nn.ReLU(), nn.Linear(16, 4))


@architecture(vectors(8), layers=3, nonlinearities=2)
def low_rank_merged():
    return nn.Sequential(LowRank(8, 16, merged=True), nn.ReLU(), LowRank(16, 16, merged=True), nn.ReLU(), nn.Linear(16, 4))


class TiedAutoencoder(nn.Module):
    def __init__(self):
        super().__init__()
        self.encode, self.bias = nn.Linear(12, 5), nn.Parameter(torch.zeros(12))

    def forward(self, x):
        return F.linear(torch.tanh(self.encode(x)), self.encode.weight.t(), self.bias)


@architecture(vectors(12), layers=2, nonlinearities=1)
def tied_autoencoder():
    return TiedAutoencoder()


class ScaledLinear(nn.Linear):
    """Karras et al. 2018: the weight is drawn with variance 1 and scaled when it is used."""

    def forward(self, x):
        return F.linear(x, self.weight * self.in_features**-0.5, self.bias)


@architecture(vectors(8), layers=3, nonlinearities=2)
def equalized_learning_rate():
    return nn.Sequential(ScaledLinear(8, 16), nn.LeakyReLU(0.2), ScaledLinear(16, 16), nn.LeakyReLU(0.2), ScaledLinear(16, 4))


class MaskedLinear(nn.Linear):
    """Germain et al. 2015: autoregressive by a mask on the weight."""

    def __init__(self, width, out):
        super().__init__(width, out)
        self.register_buffer("mask", torch.tril(torch.ones(out, width)))

    def forward(self, x):
        return F.linear(x, self.weight * self.mask, self.bias)


@architecture(vectors(6), layers=3, nonlinearities=2)
def masked_autoencoder():
    return nn.Sequential(MaskedLinear(6, 12), nn.ReLU(), MaskedLinear(12, 12), nn.ReLU(), MaskedLinear(12, 6))
