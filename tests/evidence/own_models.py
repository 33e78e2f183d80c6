# SPDX-License-Identifier: Apache-2.0
"""Ten modules as their users write them, with PyTorch's default weights unless said otherwise."""

import torch
from torch import nn
from torch.nn import functional as F


class Residual(nn.Module):
    def __init__(self, channels, stride=1):
        super().__init__()
        before = channels // stride
        self.first, self.second = nn.Conv2d(before, channels, 3, stride, 1, bias=False), nn.Conv2d(channels, channels, 3, 1, 1, bias=False)
        self.norm1, self.norm2 = nn.BatchNorm2d(channels), nn.BatchNorm2d(channels)
        self.skip = nn.Identity() if stride == 1 else nn.Sequential(nn.Conv2d(before, channels, 1, stride, bias=False),
                                                                   nn.BatchNorm2d(channels))

    def forward(self, x):
        return F.relu(self.norm2(self.second(F.relu(self.norm1(self.first(x))))) + self.skip(x))


def resnet20():
    blocks = [Residual(16) for _ in range(3)] + [Residual(32, 2), Residual(32), Residual(32),
                                                 Residual(64, 2), Residual(64), Residual(64)]
    return nn.Sequential(nn.Conv2d(3, 16, 3, 1, 1, bias=False), nn.BatchNorm2d(16), nn.ReLU(), *blocks,
                         nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(64, 10))


def vgg11(norm):
    layers, before = [], 3
    for channels in (16, 0, 32, 0, 64, 64, 0, 128, 128, 0, 128, 128, 0):
        if channels == 0:
            layers.append(nn.MaxPool2d(2))
            continue
        layers.append(nn.Conv2d(before, channels, 3, padding=1))
        if norm:
            layers.append(nn.BatchNorm2d(channels))
        layers.append(nn.ReLU())
        before = channels
    return nn.Sequential(*layers, nn.Flatten(), nn.Linear(128, 128), nn.ReLU(), nn.Linear(128, 128), nn.ReLU(),
                         nn.Linear(128, 10))


class Block(nn.Module):
    def __init__(self, width, post_norm=False):
        super().__init__()
        self.post_norm = post_norm
        self.norm1, self.norm2 = nn.LayerNorm(width), nn.LayerNorm(width)
        self.query, self.key, self.value, self.out = (nn.Linear(width, width) for _ in range(4))
        self.wide, self.narrow = nn.Linear(width, 4 * width), nn.Linear(4 * width, width)

    def attend(self, x):
        batch, tokens, width = x.shape
        split = [layer(x).view(batch, tokens, 4, width // 4).transpose(1, 2) for layer in (self.query, self.key, self.value)]
        scores = split[0] @ split[1].transpose(-1, -2) / (width // 4) ** 0.5
        return self.out((scores.softmax(-1) @ split[2]).transpose(1, 2).reshape(batch, tokens, width))

    def feed(self, x):
        return self.narrow(F.gelu(self.wide(x)))

    def forward(self, x):
        if self.post_norm:
            x = self.norm1(x + self.attend(x))
            return self.norm2(x + self.feed(x))
        x = x + self.attend(self.norm1(x))
        return x + self.feed(self.norm2(x))


class Language(nn.Module):
    """Tokens in, logits of the next token out."""

    def __init__(self, blocks, post_norm=False, width=64, words=50, tokens=16):
        super().__init__()
        self.words, self.places = nn.Embedding(words, width), nn.Parameter(torch.randn(tokens, width) * 0.02)
        self.blocks = nn.Sequential(*[Block(width, post_norm) for _ in range(blocks)])
        self.norm, self.head = nn.Identity() if post_norm else nn.LayerNorm(width), nn.Linear(width, words)

    def forward(self, ids):
        return self.head(self.norm(self.blocks(self.words(ids) + self.places)))


class Sequence(nn.Module):
    def __init__(self):
        super().__init__()
        self.cells, self.head = nn.LSTM(8, 48, 1, batch_first=True), nn.Linear(48, 10)

    def forward(self, x):
        return self.head(self.cells(x)[0][:, -1])


class UNet(nn.Module):
    def __init__(self):
        super().__init__()

        def pair(before, after):
            return nn.Sequential(nn.Conv2d(before, after, 3, padding=1), nn.BatchNorm2d(after), nn.ReLU(),
                                 nn.Conv2d(after, after, 3, padding=1), nn.BatchNorm2d(after), nn.ReLU())
        self.down1, self.down2, self.middle, self.up2, self.up1 = pair(3, 16), pair(16, 32), pair(32, 64), pair(96, 32), pair(48, 16)
        self.head = nn.Conv2d(16, 4, 1)

    def forward(self, x):
        one = self.down1(x)
        two = self.down2(F.max_pool2d(one, 2))
        low = F.interpolate(self.middle(F.max_pool2d(two, 2)), scale_factor=2.0)
        high = F.interpolate(self.up2(torch.cat([low, two], 1)), scale_factor=2.0)
        return self.head(self.up1(torch.cat([high, one], 1)))


def plain(depth, activation, norm=False, width=64):
    layers, before = [], 64
    for _ in range(depth):
        layers += [nn.Linear(before, width)] + ([nn.BatchNorm1d(width)] if norm else []) + [activation()]
        before = width
    return nn.Sequential(*layers, nn.Linear(width, 10))


def glorot(module):
    for parameter in module.parameters():
        if parameter.dim() > 1:
            nn.init.xavier_uniform_(parameter)
    return module


def images():
    return torch.randn(64, 3, 32, 32)


def numbers():
    return torch.randn(128, 64)


def tokens():
    return torch.randint(0, 50, (64, 16))


#: Name: the module, a batch, and the word that is right. Sick ones do not fit a batch, or one rate at most fits it.
OWN_MODELS = {
    "resnet20": (resnet20, images, "healthy"),
    "vgg11_bn": (lambda: vgg11(True), images, "healthy"),
    "vgg11": (lambda: vgg11(False), images, "watch"),
    "gpt": (lambda: Language(6), tokens, "healthy"),
    "lstm": (Sequence, lambda: torch.randn(64, 20, 8), "healthy"),
    "unet": (UNet, lambda: torch.randn(16, 3, 32, 32), "healthy"),
    "relu_3": (lambda: plain(3, nn.ReLU), numbers, "healthy"),
    "sigmoid_40": (lambda: plain(40, nn.Sigmoid), numbers, "critical"),
    "batch_norm_40": (lambda: plain(40, nn.ReLU, norm=True), numbers, "critical"),
    "post_norm_24": (lambda: glorot(Language(24, post_norm=True)), tokens, "critical"),
}
