#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""pytorch_models.py FOLDER: networks as PyTorch exports them, with the outputs that PyTorch computes.

FOLDER/NAME_MODE.onnx for MODE eval (the exporter's default), training and preserve; FOLDER/NAME_MODE/input.npy and
output.npy. Exits 77 where Python has no PyTorch.
"""
import copy
import pathlib
import sys

try:
    import numpy
    import torch
    from torch import nn
except ImportError:
    print("SKIPPED: Python has no PyTorch (apt install python3-torch)")
    sys.exit(77)

MODES = {
    "eval": torch.onnx.TrainingMode.EVAL,
    "training": torch.onnx.TrainingMode.TRAINING,
    "preserve": torch.onnx.TrainingMode.PRESERVE,
}


class Block(nn.Module):
    """He et al. 2016, figure 4a: the sum is rectified."""

    def __init__(self, channels_in, channels, stride):
        super().__init__()
        self.first = nn.Conv2d(channels_in, channels, 3, stride, 1, bias=False)
        self.first_norm = nn.BatchNorm2d(channels)
        self.second = nn.Conv2d(channels, channels, 3, 1, 1, bias=False)
        self.second_norm = nn.BatchNorm2d(channels)
        self.skip = nn.Sequential()
        if stride != 1 or channels_in != channels:
            self.skip = nn.Sequential(nn.Conv2d(channels_in, channels, 1, stride, bias=False), nn.BatchNorm2d(channels))

    def forward(self, x):
        inner = torch.relu(self.first_norm(self.first(x)))
        return torch.relu(self.second_norm(self.second(inner)) + self.skip(x))


def resnet():
    return nn.Sequential(
        nn.Conv2d(3, 8, 3, 1, 1, bias=False), nn.BatchNorm2d(8), nn.ReLU(), Block(8, 8, 1), Block(8, 16, 2),
        Block(16, 16, 1), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(16, 10))


class UNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.down = self.twice(3, 8)
        self.bottom = self.twice(8, 16)
        self.up = nn.ConvTranspose2d(16, 8, 2, 2)
        self.merge = self.twice(16, 8)
        self.top = nn.Upsample(scale_factor=2, mode="bilinear", align_corners=False)
        self.last = nn.Conv2d(8, 2, 1)

    @staticmethod
    def twice(channels_in, channels):
        return nn.Sequential(
            nn.Conv2d(channels_in, channels, 3, 1, 1), nn.BatchNorm2d(channels), nn.ReLU(),
            nn.Conv2d(channels, channels, 3, 1, 1), nn.BatchNorm2d(channels), nn.ReLU())

    def forward(self, x):
        wide = self.down(x)
        deep = self.bottom(torch.max_pool2d(wide, 2))
        return self.last(self.top(self.merge(torch.cat([wide, self.up(deep)], 1))))


class LstmClassifier(nn.Module):
    def __init__(self):
        super().__init__()
        self.embedding = nn.Embedding(11, 6)
        self.lstm = nn.LSTM(6, 8, num_layers=2, bidirectional=True, batch_first=True)
        self.head = nn.Linear(16, 3)

    def forward(self, tokens):
        return self.head(self.lstm(self.embedding(tokens))[0][:, -1])


class TransformerEncoder(nn.Module):
    """nn.TransformerEncoderLayer with the batch second: with it first, version 1.13 runs a fused operation that it cannot
    export."""

    def __init__(self, norm_first):
        super().__init__()
        self.first = nn.Linear(5, 16)
        layer = nn.TransformerEncoderLayer(16, 4, 32, dropout=0, activation="gelu", norm_first=norm_first)
        self.layers = nn.ModuleList(copy.deepcopy(layer) for _ in range(2))
        self.head = nn.Linear(16, 3)

    def forward(self, x):
        x = self.first(x).transpose(0, 1)
        for layer in self.layers:
            x = layer(x)
        return self.head(x.mean(0))


def mlp():
    return nn.Sequential(nn.Linear(7, 16), nn.ReLU(), nn.Dropout(0.0), nn.Linear(16, 16), nn.Tanh(), nn.Linear(16, 4))


# Name, network, input of four examples, options of the exporter.
EXAMPLES = 4
FREE = {"input_names": ["x"], "dynamic_axes": {"x": {0: "batch"}}}
NETWORKS = [
    ("mlp", mlp, lambda: torch.randn(EXAMPLES, 7), {}),
    ("resnet", resnet, lambda: torch.randn(EXAMPLES, 3, 12, 12), {"opset_version": 17}),
    ("unet", UNet, lambda: torch.randn(EXAMPLES, 3, 8, 8), {"opset_version": 13}),
    ("lstm", LstmClassifier, lambda: torch.randint(11, (EXAMPLES, 5)), {"opset_version": 12, **FREE}),
    ("transformer", lambda: TransformerEncoder(False), lambda: torch.randn(EXAMPLES, 6, 5), {"opset_version": 14, **FREE}),
    ("transformer_pre_norm", lambda: TransformerEncoder(True), lambda: torch.randn(EXAMPLES, 6, 5),
     {"opset_version": 17, **FREE}),
]


def disturb(network):
    """Statistics and gains as training leaves them, so that forgetting one shows."""
    for module in network.modules():
        if isinstance(module, (nn.BatchNorm2d, nn.LayerNorm)):
            module.weight.data.uniform_(0.5, 1.5)
            module.bias.data.normal_(0, 0.3)
        if isinstance(module, nn.BatchNorm2d):
            module.running_mean.normal_(0, 0.3)
            module.running_var.uniform_(0.5, 1.5)


def write(folder, name, network, mode, x, options):
    # `preserve` exports a network as it is: in evaluation, with nothing folded.
    network.train(mode == "training")
    if mode != "eval":
        options = {**options, "do_constant_folding": False}
    stem = folder / f"{name}_{mode}"
    stem.mkdir()
    torch.onnx.export(network, (x,), f"{stem}.onnx", training=MODES[mode], **options)
    network.train(mode == "training")
    with torch.no_grad():
        numpy.save(stem / "output.npy", network(x).numpy())
    numpy.save(stem / "input.npy", x.numpy())


def main():
    folder = pathlib.Path(sys.argv[1])
    torch.set_num_threads(1)
    for name, build, example, options in NETWORKS:
        torch.manual_seed(1)
        network, x = build(), example()
        disturb(network)
        for mode in MODES:
            write(folder, name, copy.deepcopy(network), mode, x, options)


main()
