# SPDX-License-Identifier: Apache-2.0
"""Whose the weights are, which of them wake, and that copies are trained in their place."""

import models
import ordinary
import pytest
import torch
from torch import nn

import shatterproof as sp
from shatterproof.examples import Examples
from shatterproof.live_model import LiveModel
from shatterproof.parameters import written_into
from shatterproof.untouched import untouched

X = torch.randn(16, 16)


def trained():
    """Weights with the few large numbers that a training leaves, and biases off any distribution."""
    net = models.Mlp(16, 6)
    with torch.no_grad():
        for parameter in net.parameters():
            parameter.add_(0.2 * torch.randn_like(parameter) ** 3 + 0.1)
    return net


def test_initial_weights_are_known_by_their_law():
    report = sp.check(models.Mlp(16, 6), X, rehearsal_seconds=2)
    assert report.weights.startswith("initial: PyTorch's default weights") and not report.is_trained
    assert report.rehearsal.startswith("asked to fit")
    assert report.weights in " ".join(str(report).split()) and "rehearsal" in str(report)


def test_trained_weights_are_asked_whether_they_would_go_on_learning():
    net = trained()
    before = [parameter.detach().clone() for parameter in net.parameters()]
    report = sp.check(net, X, rehearsal_seconds=2)
    assert report.weights.startswith("trained: ") and report.is_trained
    assert report.rehearsal.startswith("asked to fit") and report.verdict != "critical"
    assert all(torch.equal(*pair) for pair in zip(before, net.parameters()))


@pytest.mark.parametrize("is_trained", [True, False])
def test_what_the_numbers_cannot_tell_is_told(is_trained):
    net = models.Mlp(16, 6) if is_trained else trained()
    report = sp.check(net, X, trained=is_trained, rehearsal_seconds=2)
    assert report.is_trained == is_trained and report.rehearsal.startswith("asked to fit")


def test_stored_statistics_that_a_training_moved_are_taken():
    net = models.Residual()
    with torch.no_grad():
        for parameter in net.parameters():
            parameter.add_(0.2 * torch.randn_like(parameter) ** 3 + 0.1)
        net.blocks[0].norm.running_mean.fill_(0.3)
    report = sp.check(net, torch.randn(16, 8))
    assert report.weights.startswith("trained: ") and "stored" in report.context["batch_norm"]


def test_a_zero_on_purpose_wakes():
    findings = {f.id: f for f in sp.check(ordinary.Lora(), torch.randn(16, 32), rehearsal_seconds=2).findings}
    assert "second factor of 2 adapters" in findings["zero_init"].headline


def test_a_layer_behind_a_rectifier_that_gives_zero_is_dead():
    net = models.Mlp(16, 3)
    with torch.no_grad():
        net.layers[1].bias.fill_(-100)
    findings = {f.id: f for f in sp.check(net, X, rehearsal_seconds=2).findings}
    assert "dead_layer" in findings


def trainee_of(net, batch, dtype="float64"):
    trainable = {name for name, _ in net.named_parameters()}
    with untouched(net) as weights:
        live = LiveModel(net, Examples(net, batch), weights, trainable)
        copies = live.trainee(dtype)
        outputs = copies.outputs(list(live.examples.tensors.values())) if copies is not None else None
    return copies, outputs


@pytest.mark.parametrize("kind", ["LSTM", "GRU", "RNN"])
def test_copies_of_recurrent_weights_are_trained(kind):
    net = models.Recurrent(kind)
    held = list(net.rnn._flat_weights)
    copies, outputs = trainee_of(net, torch.randint(0, 9, (6, 5)))
    outputs[0].sum().backward()
    assert outputs[0].dtype == torch.float64
    assert all(p.grad is not None and p.grad.abs().sum() > 0 for p in copies.parameters.values())
    assert all(a is b for a, b in zip(held, net.rnn._flat_weights))


def test_what_a_pass_does_not_use_is_not_trained():
    net = ordinary.ResNet20(skips=False, blocks=1)
    copies, _ = trainee_of(net, torch.randn(4, 3, 8, 8))
    assert not any("shortcut" in name for name in copies.parameters)
    assert "stages.1.conv1.weight" in copies.parameters


class OfOneType(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc = nn.Linear(8, 3)

    def forward(self, x):
        return self.fc(x.float())


def test_a_model_that_insists_on_its_type_is_trained_in_that_alone():
    assert trainee_of(OfOneType(), torch.randn(4, 8), "float64")[0] is None
    copies, _ = trainee_of(OfOneType(), torch.randn(4, 8), "float32")
    assert copies.parameters["fc.weight"].dtype == torch.float32


def test_half_precision_is_trained_in_single():
    copies, outputs = trainee_of(models.Mlp().bfloat16(), torch.randn(4, 16, dtype=torch.bfloat16), "float32")
    assert copies.parameters["head.weight"].dtype == outputs[0].dtype == torch.float32


def test_a_final_softmax_is_taken_off_in_training():
    x = torch.randn(8, 6)
    net = nn.Sequential(nn.Linear(6, 3), nn.ReLU(), nn.Linear(3, 10), nn.LogSoftmax(-1))
    _, (logits,) = trainee_of(net, x, "float32")
    torch.testing.assert_close(logits, net[:3](x))


class ByName(nn.Module):
    """Says by name what enters its softmax and what is written over."""

    def __init__(self):
        super().__init__()
        self.fc, self.head = nn.Linear(6, 3), nn.Linear(3, 10)

    def forward(self, x):
        return torch.softmax(dim=1, input=self.head(torch.relu_(input=self.fc(x))))


def test_a_softmax_whose_operand_has_its_name_is_taken_off_too():
    x, net = torch.randn(8, 6), ByName()
    _, (logits,) = trainee_of(net, x, "float32")
    torch.testing.assert_close(logits, net.head(torch.relu(net.fc(x))))
    report = sp.check(net, x, rehearsal_seconds=1)
    assert report.verdict and report["preactivation_std"]


@pytest.mark.parametrize("kind", ["lstm", "gru"])
def test_recurrent_layers_are_judged_in_time(kind):
    net = nn.ModuleDict({"rnn": models.Recurrent(kind.upper())})["rnn"]
    report = sp.check(net, torch.randint(0, 11, (6, 60)), rehearsal_seconds=1)
    assert report["gradient_over_time_span"] == 59


@pytest.mark.parametrize("options", [{}, {"num_layers": 2}, {"bidirectional": True}])
@pytest.mark.parametrize("kind", ["LSTM", "GRU", "RNN"])
def test_recurrent_layers_as_pytorch_draws_them_are_initial(kind, options):
    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.rnn = getattr(nn, kind)(8, 16, batch_first=True, **options)
            self.head = nn.Linear(32 if "bidirectional" in options else 16, 5)

        def forward(self, x):
            return self.head(self.rnn(x)[0][:, -1])

    assert sp.check(Net(), torch.randn(8, 6, 8), rehearsal_seconds=0).weights.startswith("initial: ")


@pytest.mark.parametrize("kind,kept,options", [("LSTM", 1, {}), ("GRU", 1, {}), ("LSTM", 1, {"proj_size": 3})])
def test_the_biases_of_gates_are_read_and_written_gate_by_gate(kind, kept, options):
    net = models.Recurrent(kind, **options)
    net.head = nn.Linear(options.get("proj_size", 6), 3)
    with torch.no_grad():
        for name, parameter in net.rnn.named_parameters():
            if "bias_ih" in name:
                parameter.chunk(4 if kind == "LSTM" else 3)[kept].fill_(3.0)
    with untouched(net) as weights:
        tokens = torch.randint(0, 9, (6, 5))
        graph = LiveModel(net, Examples(net, tokens), weights, {n for n, _ in net.named_parameters()}).graph
    name = "rnn.bias_ih_l1 + rnn.bias_hh_l1"
    joint = graph.parameters[name].clone()
    gate = {"LSTM": 2, "GRU": 0}[kind]  # forget, update: as ONNX orders them
    assert (
        joint.shape == (1, 2 * len(net.rnn.bias_ih_l1)) and joint[0].chunk(8 if kind == "LSTM" else 6)[gate].eq(3).all()
    )
    before = {n: p.detach().clone() for n, p in net.named_parameters()}
    with torch.no_grad():
        for parameter in net.rnn.parameters():
            parameter.zero_()
    assert written_into(net, {name: joint}) == []
    for n in ("rnn.bias_ih_l1", "rnn.bias_hh_l1"):
        assert torch.equal(dict(net.named_parameters())[n], before[n])
