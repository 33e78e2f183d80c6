# SPDX-License-Identifier: Apache-2.0
"""What a loss takes the outputs for is seen, and said where they are something else."""

import pytest
import torch
from torch import nn
from torch.nn import functional as F

import shatterproof as sp
from shatterproof.loss_input import loss_input

LABELS = torch.arange(64) % 10
LOSSES = [
    ("class_logits", nn.CrossEntropyLoss(label_smoothing=0.1)),
    ("class_logits", lambda y, t: F.cross_entropy(y.float().view(-1, 10), t.view(-1))),
    ("class_logits", lambda y, t: F.nll_loss(F.log_softmax(y, dim=-1), t)),
    ("class_logits", lambda y, t: F.cross_entropy(input=y, target=t)),
    ("logits", lambda y, t: nn.BCEWithLogitsLoss()(y, F.one_hot(t, 10).float())),
    ("logits", lambda y, t: F.binary_cross_entropy(torch.sigmoid(y), F.one_hot(t, 10).float())),
    ("log_probabilities", nn.NLLLoss()),
    ("", lambda y, t: F.mse_loss(y, F.one_hot(t, 10).float())),
    ("", lambda y, t: F.cross_entropy(y * 10, t)),
    ("", lambda y, t: y.no_such_method()),
]


@pytest.mark.parametrize("taken_for, loss", LOSSES)
def test_the_first_function_that_reads_the_outputs_says_what_they_are_to_it(taken_for, loss):
    assert loss_input(loss, torch.zeros(64, 10), LABELS) == taken_for


NUMBERS = torch.linspace(0, 1, 64)
BROADCAST = [
    (nn.MSELoss(), (64, 1)),
    (lambda y, t: F.l1_loss(input=torch.sigmoid(y), target=t), (64, 1)),
    (lambda y, t: F.smooth_l1_loss(t, y), (64, 1)),
    (lambda y, t: F.huber_loss(y, t.view(-1, 1).double()), (64,)),
    (lambda y, t: ((y - t) ** 2).mean(), (64, 1)),
    (lambda y, t: (t.float() - y).abs().mean(), (64, 1)),
    (lambda y, t: torch.sub(y, other=t).abs().mean(), (64, 1)),
]
MEANT = [
    (lambda y, t: F.mse_loss(y.squeeze(-1), t), (64, 1)),
    (lambda y, t: F.mse_loss(y, t[:, None]), (64, 1)),
    (lambda y, t: F.mse_loss(y, t.unsqueeze(-1).expand_as(y)), (64, 5)),
    (lambda y, t: ((y - t[:, None]) ** 2).mean(), (64, 5)),  # quantiles, a mixture: one label, many numbers
    (lambda y, t: (y[:, None] - t[None]).abs().mean(), (64,)),
    (lambda y, t: (y.unsqueeze(-1) - t).abs().mean(), (64,)),
    (lambda y, t: (y - y.t()).exp().mean() + F.mse_loss(y[:, 0], t), (64, 1)),
    (lambda y, t: ((t[:, None] - t) * y).mean(), (64, 1)),
    (lambda y, t: (y - 1).mean(), (64, 1)),
]


@pytest.mark.parametrize("loss, shape", BROADCAST)
def test_outputs_that_meet_the_labels_of_other_examples_are_said_to_be_broadcast(loss, shape):
    assert loss_input(loss, torch.zeros(shape), NUMBERS) == "broadcast"


@pytest.mark.parametrize("loss, shape", MEANT)
def test_pairs_and_axes_that_are_meant_are_not_said_to_be_broadcast(loss, shape):
    assert loss_input(loss, torch.zeros(shape), NUMBERS) == ""


def regression(loss):
    torch.manual_seed(3)
    model = nn.Sequential(nn.Linear(20, 32), nn.ReLU(), nn.Linear(32, 1))
    report = sp.check(model, torch.randn(64, 20), labels=NUMBERS, loss=loss)
    return [(f.severity, f.next) for f in report.findings if f.id == "mismatched_loss"]


def test_a_regression_with_labels_of_another_shape_is_on_watch():
    ((severity, advice),) = regression(nn.MSELoss())
    assert severity == "watch" and "output.squeeze(-1)" in advice
    assert regression(lambda y, t: F.mse_loss(y.squeeze(-1), t)) == []


def net(*ends):
    torch.manual_seed(3)
    return nn.Sequential(nn.Linear(20, 32), nn.ReLU(), nn.Linear(32, 10), *ends)


MODELS = [
    (net(nn.Softmax(dim=1)), nn.CrossEntropyLoss(), "1.46"),
    (net(nn.Softmax(dim=-1)), nn.NLLLoss(), "their mean"),
    (net(), nn.NLLLoss(), "no lower bound"),
    (net(nn.LogSoftmax(dim=1)), nn.NLLLoss(), None),
    (net(nn.LogSoftmax(dim=1)), nn.CrossEntropyLoss(), None),
    (net(), nn.CrossEntropyLoss(), None),
]


@pytest.mark.parametrize("model, loss, why", MODELS)
def test_a_loss_that_takes_the_outputs_for_something_else_is_on_watch(model, loss, why):
    report = sp.check(model, torch.randn(64, 20), labels=LABELS, loss=loss)
    found = [r for r in report.records if r["kind"] == "finding" and r["id"] == "mismatched_loss"]
    assert len(found) == (why is not None), report
    if why is not None:
        assert found[0]["severity"] == "watch"
        assert why in found[0]["why"]


def test_without_a_loss_probabilities_are_a_note():
    report = sp.check(net(nn.Softmax(dim=1)), torch.randn(64, 20))
    assert report.verdict == "healthy"
    assert [r["severity"] for r in report.records if r["kind"] == "finding" and r["id"] == "mismatched_loss"] == [
        "info"
    ]
