# SPDX-License-Identifier: Apache-2.0
"""A rehearsal drops what training drops, and says so where that is why nothing is learned."""

import torch
from torch import nn

import shatterproof as sp
from shatterproof.substitutes import ratio_of_dropout

torch.manual_seed(0)
X = torch.randn(64, 16)


def model(ratio, training=True):
    torch.manual_seed(1)
    layers = [nn.Linear(16, 64), nn.ReLU(), nn.Dropout(ratio), nn.Linear(64, 64), nn.ReLU(), nn.Dropout(ratio)]
    return nn.Sequential(*layers, nn.Linear(64, 10)).train(training)


def finding(net):
    return next((one for one in sp.check(net, X).findings if one.id == "heavy_dropout"), None)


def test_what_is_dropped_nearly_whole_is_the_cause():
    found = finding(model(0.95))
    assert found is not None and found.severity == "critical"
    assert "the dropout 2 (test_dropout.py:" in found.headline
    assert "95 %" in found.headline


def test_usual_ratios_are_nothing_against_a_network():
    for ratio in (0.1, 0.5):
        report = sp.check(model(ratio), X)
        assert report.verdict == "healthy", report


def test_what_does_not_train_drops_nothing():
    assert finding(model(0.95, training=False)) is None


def test_masks_leave_no_trace():
    net = model(0.95)
    before = torch.get_rng_state()
    sp.check(net, X)
    assert torch.equal(torch.get_rng_state(), before)
    assert net.training


def test_ratios_are_read_as_they_are_written():
    x = torch.ones(3)
    assert ratio_of_dropout((x, 0.3, False), {}, True) == 0.3
    assert ratio_of_dropout((x, 0.3, True), {}, False) == 0.3
    assert ratio_of_dropout((x,), {"p": 0.3}, True) == 0.3
    assert ratio_of_dropout((x,), {}, True) == 0.5
    assert ratio_of_dropout((x, 0.3), {"training": False}, False) == 0.0
    assert ratio_of_dropout((x, 0.3), {"train": False}, False) == 0.0
