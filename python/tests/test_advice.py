# SPDX-License-Identifier: Apache-2.0
"""Advice is tried on the module itself, which is bit for bit the same afterwards."""

import models
import pytest
import torch

import shatterproof as sp
from shatterproof import live_model


def too_small():
    """Weights from which nothing reaches the output."""
    net = models.Mlp(width=16, depth=12)
    with torch.no_grad():
        for layer in net.layers:
            layer.weight.mul_(0.05)
            layer.bias.zero_()
    return net


def numbers(net):
    return {name: tensor.clone() for name, tensor in net.state_dict().items()}


def assert_bits_are(net, before):
    for name, tensor in net.state_dict().items():
        assert torch.equal(tensor.view(torch.int32), before[name].view(torch.int32)), name


@pytest.fixture
def written(monkeypatch):
    """What is written into a module while it is checked."""
    calls = []

    def recording(model, values):
        calls.append((model, {name: value.clone() for name, value in values.items()}))
        return original(model, values)

    original = live_model.written_into
    monkeypatch.setattr(live_model, "written_into", recording)
    return calls


def test_advice_is_tried_on_the_module_and_leaves_no_bit_changed(written):
    net = too_small()
    before, places = numbers(net), [parameter.data_ptr() for parameter in net.parameters()]
    report = sp.check(net, torch.randn(32, 16), rehearsal_seconds=5)
    assert "redraw" in [remedy["kind"] for finding in report.findings for remedy in finding.remedies]
    assert written and all(model is net for model, _ in written)
    weight = "layers.0.weight"
    assert any(weight in values and not torch.equal(values[weight], before[weight]) for _, values in written)
    assert_bits_are(net, before)
    assert [parameter.data_ptr() for parameter in net.parameters()] == places


class TiresSoon(torch.nn.Module):
    """Takes its own weights, and no others."""

    def __init__(self):
        super().__init__()
        self.net = too_small()
        self.mark = self.net.layers[0].weight.detach().clone()
        self.refused = False

    def forward(self, x):
        if not torch.equal(self.net.layers[0].weight.detach(), self.mark) and not self.refused:
            self.refused = True
            raise RuntimeError("not with these weights")
        return self.net(x)


def test_a_module_that_breaks_while_advice_is_tried_has_its_numbers_again(written):
    net = TiresSoon()
    before = numbers(net)
    with pytest.raises(RuntimeError, match="not with these weights"):
        sp.check(net, torch.randn(32, 16), rehearsal_seconds=5)
    assert_bits_are(net, before)


def few_open_scores():
    """Scores of classes behind a rectifier, which is shut for all but one."""
    torch.manual_seed(1)
    net = torch.nn.Sequential(
        torch.nn.Linear(16, 64), torch.nn.ReLU(), torch.nn.Linear(64, 8), torch.nn.ReLU(), torch.nn.Softmax(1)
    )
    with torch.no_grad():
        net[2].bias.fill_(-40)[0] = 1
    return net


def test_a_rectifier_behind_scores_is_told_by_a_rehearsal_without_it():
    net = few_open_scores()
    before = numbers(net)
    report = sp.check(net, torch.randn(64, 16), init=None)
    (finding,) = [f for f in report.findings if f.id == "rectified_output"]
    assert finding.severity == "critical"
    assert finding.remedies[0]["kind"] == "bare_output"
    assert_bits_are(net, before)


def test_a_softmax_along_the_batch_is_told():
    torch.manual_seed(1)
    net = torch.nn.Sequential(torch.nn.Linear(16, 64), torch.nn.ReLU(), torch.nn.Linear(64, 8), torch.nn.Softmax(dim=0))
    report = sp.check(net, torch.randn(64, 16))
    (finding,) = [f for f in report.findings if f.id == "coupled_examples"]
    assert "dim=-1" in finding.next


def test_a_sequence_module_that_takes_the_batch_for_steps_is_told():
    class Classifier(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.rnn, self.head = torch.nn.LSTM(8, 16), torch.nn.Linear(16, 3)

        def forward(self, x):
            return self.head(self.rnn(x)[0][:, -1])

    report = sp.check(Classifier(), torch.randn(32, 12, 8))
    (finding,) = [f for f in report.findings if f.id == "coupled_examples"]
    assert "batch_first=True" in finding.next


def test_gains_of_norms_that_begin_small_are_named_and_begun_at_one():
    """As a library that drew them with its weights had it."""
    torch.manual_seed(1)
    layers = []
    for _ in range(10):
        layers += [torch.nn.Linear(32, 32), torch.nn.BatchNorm1d(32, eps=1e-3), torch.nn.SiLU()]
    model = torch.nn.Sequential(*layers, torch.nn.Linear(32, 4))
    for module in model:
        if isinstance(module, torch.nn.BatchNorm1d):
            torch.nn.init.normal_(module.weight, std=0.02)
    report = sp.check(model, torch.randn(64, 32), rehearsal_seconds=5)
    finding = next(f for f in report.findings if f.id == "vanishing")
    assert finding.remedies[0]["kind"] == "reset_gains"
    assert "gains of the norms are 0.0" in finding.why
    assert "begin with the gains of the norms at 1" in finding.next
