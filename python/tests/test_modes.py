# SPDX-License-Identifier: Apache-2.0
"""Batch normalizations that eval() keeps from normalizing are said."""

import torch
from torch import nn

import shatterproof as sp

X = torch.randn(16, 20)


def model():
    torch.manual_seed(1)
    return nn.Sequential(nn.Linear(20, 32), nn.BatchNorm1d(32), nn.ReLU(), nn.Linear(32, 32), nn.BatchNorm1d(32))


def said_of(net):
    return [remark for remark in sp.measure(net, X, "gradient_variance").remarks if "eval mode" in remark]


def test_untouched_statistics_in_eval_mode_are_remarked_on():
    (remark,) = said_of(model().eval())
    assert remark.startswith("1 and 1 more: in eval mode")


def test_training_mode_and_statistics_of_a_training_are_not():
    assert not said_of(model())
    moved = model()
    moved(X)
    assert not said_of(moved.eval())
