#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""write.py FOLDER: the three models of this folder, as PyTorch draws and exports them.

- plain_cnn.onnx: sixteen 3 x 3 convolutions and rectifiers, PyTorch's default weights. It does not learn.
- residual_cnn.onnx: the same convolutions with batch norm and a skip around every two. It learns.
- small_gpt.onnx: four blocks, width 32, weights of standard deviation .02, as GPT-2 begins. It learns.
"""

import math
import sys

import torch
from torch import nn

WIDTH, LAYERS, CLASSES = 12, 16, 10


class PlainCnn(nn.Module):
    def __init__(self):
        super().__init__()
        self.first = nn.Conv2d(3, WIDTH, 3, padding=1)
        self.body = nn.ModuleList(nn.Conv2d(WIDTH, WIDTH, 3, padding=1) for _ in range(LAYERS - 1))
        self.readout = nn.Linear(WIDTH, CLASSES)

    def forward(self, images):
        x = torch.relu(self.first(images))
        for convolution in self.body:
            x = torch.relu(convolution(x))
        return self.readout(x.mean((2, 3)))


class Block(nn.Module):
    def __init__(self):
        super().__init__()
        self.layers = nn.Sequential(
            nn.BatchNorm2d(WIDTH), nn.ReLU(), nn.Conv2d(WIDTH, WIDTH, 3, padding=1, bias=False),
            nn.BatchNorm2d(WIDTH), nn.ReLU(), nn.Conv2d(WIDTH, WIDTH, 3, padding=1, bias=False))

    def forward(self, x):
        return x + self.layers(x)


class ResidualCnn(nn.Module):
    def __init__(self):
        super().__init__()
        self.first = nn.Conv2d(3, WIDTH, 3, padding=1, bias=False)
        self.blocks = nn.Sequential(*(Block() for _ in range((LAYERS - 1) // 2)))
        self.norm = nn.BatchNorm2d(WIDTH)
        self.readout = nn.Linear(WIDTH, CLASSES)

    def forward(self, images):
        x = self.blocks(self.first(images))
        return self.readout(torch.relu(self.norm(x)).mean((2, 3)))


class Attention(nn.Module):
    def __init__(self, width, heads):
        super().__init__()
        self.heads = heads
        self.joint = nn.Linear(width, 3 * width)
        self.out = nn.Linear(width, width)

    def forward(self, x):
        batch, length, width = x.shape
        query, key, value = (
            part.view(batch, length, self.heads, width // self.heads).transpose(1, 2)
            for part in self.joint(x).split(width, 2))
        scores = query @ key.transpose(2, 3) / math.sqrt(width // self.heads)
        future = torch.ones(length, length).triu(1).bool()
        mixed = scores.masked_fill(future, float("-inf")).softmax(3) @ value
        return self.out(mixed.transpose(1, 2).reshape(batch, length, width))


class GptBlock(nn.Module):
    def __init__(self, width, heads):
        super().__init__()
        self.before_attention = nn.LayerNorm(width)
        self.attention = Attention(width, heads)
        self.before_mlp = nn.LayerNorm(width)
        self.mlp = nn.Sequential(nn.Linear(width, 4 * width), nn.GELU(), nn.Linear(4 * width, width))

    def forward(self, x):
        x = x + self.attention(self.before_attention(x))
        return x + self.mlp(self.before_mlp(x))


class SmallGpt(nn.Module):
    def __init__(self, vocabulary=64, length=24, width=32, heads=4, blocks=4):
        super().__init__()
        self.tokens = nn.Embedding(vocabulary, width)
        self.positions = nn.Parameter(torch.empty(length, width))
        self.blocks = nn.Sequential(*(GptBlock(width, heads) for _ in range(blocks)))
        self.norm = nn.LayerNorm(width)
        self.readout = nn.Linear(width, vocabulary, bias=False)
        for name, parameter in self.named_parameters():
            if parameter.dim() > 1:
                # The last layer of each branch is smaller, as Radford et al. (2019) have it.
                branch_end = name.endswith(("attention.out.weight", "mlp.2.weight"))
                nn.init.normal_(parameter, std=0.02 / math.sqrt(2 * blocks) if branch_end else 0.02)
            elif name.endswith("bias"):
                nn.init.zeros_(parameter)

    def forward(self, tokens):
        return self.readout(self.norm(self.blocks(self.tokens(tokens) + self.positions)))


def export(model, example, name):
    # Batch norms stay as they are, and parameters apart.
    torch.onnx.export(model.train(), example, name, training=torch.onnx.TrainingMode.PRESERVE, do_constant_folding=False,
                      opset_version=17, input_names=["input"], output_names=["output"],
                      dynamic_axes={"input": {0: "batch"}, "output": {0: "batch"}})


def main():
    folder = sys.argv[1] if len(sys.argv) > 1 else "."
    images = torch.randn(2, 3, 16, 16)
    for name, make, example in [("plain_cnn", PlainCnn, images), ("residual_cnn", ResidualCnn, images),
                                ("small_gpt", SmallGpt, torch.zeros(2, 24, dtype=torch.int64))]:
        torch.manual_seed(1)
        export(make(), example, f"{folder}/{name}.onnx")


if __name__ == "__main__":
    main()
