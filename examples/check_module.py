# SPDX-License-Identifier: Apache-2.0
"""Checks a module of PyTorch with forty layers and no skips, and the same with skips."""

import torch
from torch import nn

import shatterproof as sp


class Plain(nn.Module):
    def __init__(self, depth=40, width=64):
        super().__init__()
        self.layers = nn.ModuleList(nn.Linear(width, width) for _ in range(depth))
        self.head = nn.Linear(width, 10)

    def forward(self, x):
        for layer in self.layers:
            x = torch.relu(layer(x))
        return self.head(x)


class Residual(Plain):
    def forward(self, x):
        for layer in self.layers:
            x = x + 0.1 * torch.relu(layer(x))
        return self.head(x)


batch = torch.randn(128, 64)
for model in (Plain(), Residual()):
    print(sp.check(model, batch, init="he"), end="\n\n")
