#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What a researcher would write in plain PyTorch: training steps of a thin network and of a convolutional residual one.

usage: bench/peers/thin_training.py thin|conv_residual STEPS

thin of depth 30, conv_residual of depth 24 (width 16, bottleneck 8, batch norm), batch 128, Adam, both processors. Prints one
JSON object: images per second over the steps after the first.
"""
import json
import sys
import time

import torch
from torch import nn

BATCH = 128


def thin(modules=7):
    layers, channels = [], 3
    for section, filters in enumerate((8, 16, 32, 64)):
        for module in range(modules):
            stride = 2 if section > 0 and module == 0 else 1
            layers += [nn.Conv2d(channels, filters, 3, stride, 1), nn.ReLU()]
            channels = filters
    layers += [nn.Conv2d(64, 64, 3, 2, 1), nn.ReLU(), nn.Flatten(), nn.Linear(256, 10)]
    return nn.Sequential(*layers)


class Pair(nn.Module):
    def __init__(self, width, bottleneck):
        super().__init__()
        self.branch = nn.Sequential(
            nn.BatchNorm2d(width, affine=False), nn.ReLU(), nn.Conv2d(width, bottleneck, 3, padding=1, bias=False),
            nn.BatchNorm2d(bottleneck, affine=False), nn.ReLU(), nn.Conv2d(bottleneck, width, 3, padding=1, bias=False))

    def forward(self, x):
        return x + self.branch(x)


def conv_residual(depth=24, width=16, bottleneck=8):
    return nn.Sequential(nn.Conv2d(3, width, 3, padding=1, bias=False), *(Pair(width, bottleneck) for _ in range(depth // 2)),
                         nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(width, 10))


def main():
    name, steps = sys.argv[1], int(sys.argv[2])
    torch.manual_seed(1)
    network = {"thin": thin, "conv_residual": conv_residual}[name]()
    images, labels = torch.randn(BATCH * steps, 3, 32, 32), torch.randint(10, (BATCH * steps,))
    optimizer = torch.optim.Adam(network.parameters(), lr=1e-3)
    order = torch.randperm(len(images))
    for step in range(steps):
        if step == 1:
            start = time.perf_counter()
        rows = order[step * BATCH:(step + 1) * BATCH]
        optimizer.zero_grad(set_to_none=True)
        loss = nn.functional.cross_entropy(network(images[rows]), labels[rows])
        loss.backward()
        optimizer.step()
        loss.item()
    seconds = time.perf_counter() - start
    print(json.dumps({"images per second": BATCH * (steps - 1) / seconds, "threads": torch.get_num_threads()}))


if __name__ == "__main__":
    main()
