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
