# SPDX-License-Identifier: Apache-2.0
"""Spectral norms that no pass has estimated are those of training in a check, and untouched after it."""

import pytest
import torch
from torch import nn
from torch.nn.utils import parametrizations
from torch.nn.utils import spectral_norm as by_hook
from traces import assert_same, prepared, snapshot

import shatterproof as sp
from shatterproof.spectral_norms import settle_spectral_norms

X = torch.randn(32, 1, 12, 12, generator=torch.Generator().manual_seed(5))
OF_PYTORCH = "initial: PyTorch's default weights (uniform, variance 1/(3 fan_in)) in 3 of 3"
WAYS = {"hook": by_hook, "parametrization": parametrizations.spectral_norm}


def critic(norm):
    return nn.Sequential(
        norm(nn.Conv2d(1, 16, 4, 2, 1)),
        nn.LeakyReLU(0.1),
        norm(nn.Conv2d(16, 32, 4, 2, 1)),
        nn.LeakyReLU(0.1),
        nn.Flatten(),
        norm(nn.Linear(32 * 9, 1)),
    )


def redrawn(model):
    """Weights drawn after the norms were put around them, as a loop over the modules does it."""
    for module in model.modules():
        for name, parameter in module.named_parameters(recurse=False):
            if parameter.dim() > 1:
                nn.init.normal_(parameter, 0, 0.02)
    return model


def output_size(model):
    """Of the outputs as training settles them."""
    model.train()
    with torch.no_grad():
        for _ in range(30):
            output = model(X)
    return output.square().mean().sqrt().item()


def has_remark(report):
    return any("spectral norms" in text for text in report.coverage.get("approximated", []))


@pytest.mark.parametrize("redraw", [False, True])
@pytest.mark.parametrize("way", WAYS)
def test_what_nobody_has_run_yet_is_measured_as_in_training(way, redraw):
    model = critic(WAYS[way])
    model = redrawn(model) if redraw else model
    report = sp.check(model, X, rehearsal_seconds=1)
    assert "exploding" not in {f.id for f in report.findings}
    assert has_remark(report) == (redraw or way == "hook")
    assert has_remark(report) == ("spectral norms that no pass had estimated" in " ".join(str(report).split()))
    settle_spectral_norms(model)
    size = model.eval()(X).square().mean().sqrt().item()
    assert size == pytest.approx(output_size(model), rel=0.1)  # after 15 iterations and after 30 passes


@pytest.mark.parametrize("way", WAYS)
def test_singular_vectors_are_left_as_they_were(way):
    model = prepared(redrawn(critic(WAYS[way])))
    before = snapshot(model)
    sp.check(model, X, rehearsal_seconds=1)
    assert_same(before, snapshot(model))
    sp.check(model, X, init="he", rehearsal_seconds=1)
    assert_same(before, snapshot(model))


@pytest.mark.parametrize("way", WAYS)
def test_norms_that_one_pass_has_run_are_taken_as_they_are(way):
    for seed in range(5):
        torch.manual_seed(seed)
        model = redrawn(critic(WAYS[way])).train()
        model(X)
        assert settle_spectral_norms(model) == 0


def test_what_is_said_of_norms_is_said_of_the_weights_that_are_measured():
    model = critic(by_hook).train()
    with torch.no_grad():
        for _ in range(30):
            model(X)
    assert not has_remark(sp.check(model, X, rehearsal_seconds=0))
    assert has_remark(sp.check(model, X, init="he", rehearsal_seconds=0))


@pytest.mark.parametrize("passes", [0, 1, 20])
@pytest.mark.parametrize("way", WAYS)
def test_weights_are_known_by_their_own_numbers_and_not_by_the_scaled_ones(way, passes):
    for seed in range(3):
        torch.manual_seed(seed)
        model = critic(WAYS[way]).train()
        for _ in range(passes):
            model(X)
        report = sp.check(model, X, rehearsal_seconds=0)
        assert report.weights.startswith(OF_PYTORCH)


class Standardized(nn.Conv2d):
    def forward(self, x):
        centred = self.weight - self.weight.mean((1, 2, 3), keepdim=True)
        return self._conv_forward(x, centred / centred.std((1, 2, 3), keepdim=True), self.bias)


def test_standardized_weights_are_known_by_their_own_numbers():
    for seed in range(3):
        torch.manual_seed(seed)
        layers = [Standardized(1, 16, 3), nn.ReLU(), Standardized(16, 16, 3), nn.Flatten(), nn.Linear(1024, 4)]
        model = nn.Sequential(*layers)
        report = sp.check(model, X, rehearsal_seconds=0)
        assert report.weights.startswith(OF_PYTORCH)
