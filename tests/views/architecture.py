# SPDX-License-Identifier: Apache-2.0
"""What an architecture of the corpus says of itself: how to build it, what it reads, what it is made of."""
import dataclasses
from typing import Callable

import torch

EXAMPLES = 4
ARCHITECTURES = []


@dataclasses.dataclass
class Architecture:
    """Numbers are those of the module as it is written: every use of a weight is a layer, every activation that is called a
    nonlinearity, gates among them; sums are those that carry a state around layers."""

    name: str
    build: Callable
    inputs: Callable
    layers: int
    nonlinearities: int = 0
    norms: int = 0
    sums: int = 0
    attentions: int = 0
    folds: bool = True  # batch norms that directly follow a convolution go into it when it is exported for inference
    folded: dict = dataclasses.field(default_factory=dict)  # by mode, parameters that come or go when constants are folded
    dynamo: dict = dataclasses.field(default_factory=dict)  # numbers that are others where the exporter unrolls
    training: bool = True  # whether it can be exported in training mode
    opset: int = 13  # the oldest operator set that it can be written in


def architecture(inputs, **numbers):
    def add(build):
        ARCHITECTURES.append(Architecture(build.__name__, build, inputs, **numbers))
        return build

    return add


def image(size, channels=3):
    return lambda: (torch.randn(EXAMPLES, channels, size, size),)


def vectors(width):
    return lambda: (torch.randn(EXAMPLES, width),)


def sequence(length, width):
    return lambda: (torch.randn(EXAMPLES, length, width),)


def channels_over_time(channels, length):
    return lambda: (torch.randn(EXAMPLES, channels, length),)


def tokens(length, vocabulary):
    return lambda: (torch.randint(vocabulary, (EXAMPLES, length)),)
