# SPDX-License-Identifier: Apache-2.0
"""A loss of the user's gets what the model returns, and its derivatives arrive where logits are looked at."""

from dataclasses import dataclass

import pytest
import torch
from torch import nn
from torch.nn import functional as F

import shatterproof as sp

X = torch.randn(32, 20)
LABELS = torch.arange(32) % 4


class Net(nn.Module):
    def __init__(self, end=lambda logits: logits):
        super().__init__()
        torch.manual_seed(3)
        self.first, self.second, self.end = nn.Linear(20, 32), nn.Linear(32, 4), end

    def forward(self, x):
        return self.end(self.second(torch.relu(self.first(x))))


def softmax(logits):
    return torch.softmax(logits, dim=-1)


def policy_loss(probabilities, actions):
    advantage = torch.linspace(-1, 1, len(actions))
    return (-probabilities.gather(1, actions[:, None])[:, 0].log() * advantage).mean()


def binary(probabilities, labels):
    return nn.BCELoss()(probabilities, F.one_hot(labels, 4).float())


LOSSES = [binary, policy_loss, lambda p, t: F.nll_loss(p.log(), t)]


@pytest.mark.parametrize("loss", LOSSES)
def test_a_softmax_in_the_model_gives_what_one_in_the_loss_gives(loss):
    names = ("gradient_correlation", "gradient_variance", "effective_rank")
    within = sp.measure(Net(softmax), X, *names, labels=LABELS, loss=loss)
    beside = sp.measure(Net(), X, *names, labels=LABELS, loss=lambda y, t: loss(softmax(y), t))
    for name in names:
        assert within[name] == pytest.approx(beside[name], rel=1e-5)


@pytest.mark.parametrize("loss", LOSSES)
def test_a_network_that_ends_in_a_softmax_is_checked_with_a_loss_of_probabilities(loss):
    assert sp.check(Net(softmax), X, labels=LABELS, loss=loss).verdict == "healthy"


class ActorCritic(Net):
    def forward(self, x):
        hidden = torch.relu(self.first(x))
        return F.softmax(self.second(hidden), dim=-1), hidden.mean(1, keepdim=True)


def actor_critic_loss(output, batch):
    probabilities, value = output
    gain = batch.float()
    return policy_loss(probabilities, batch) + F.smooth_l1_loss(value.squeeze(-1), gain)


def test_a_policy_with_a_critic_is_not_critical():
    assert sp.check(ActorCritic(), X, labels=LABELS, loss=actor_critic_loss).verdict != "critical"


@dataclass
class Answer:
    probabilities: torch.Tensor
    name: str = "answer"


STRUCTURES = [
    (softmax, lambda output: output),
    (lambda y: (softmax(y), y), lambda output: output[0]),
    (lambda y: {"scores": softmax(y)}, lambda output: output["scores"]),
    (lambda y: {"logits": softmax(y), "aux": y}, lambda output: output["logits"]),
    (lambda y: Answer(softmax(y)), lambda output: output.probabilities),
]


@pytest.mark.parametrize("end, probabilities_of", STRUCTURES)
@pytest.mark.parametrize("mini_batch", [0, 16])
def test_a_loss_sees_the_softmax_in_the_structure_that_the_model_returns(end, probabilities_of, mini_batch):
    seen = []

    def loss(output, labels):
        assert type(output) is type(end(torch.zeros(2, 4)))
        seen.append(probabilities_of(output))
        return policy_loss(seen[-1], labels)

    sp.measure(Net(end), X, "gradient_variance", labels=LABELS, loss=loss, mini_batch=mini_batch)
    assert seen
    for probabilities in seen:
        assert torch.allclose(probabilities.sum(-1), torch.ones(mini_batch or 32))


def test_a_loss_of_tensors_gets_the_logits_of_a_mapping():
    net = Net(lambda y: {"logits": y, "aux": y[:, :1]})
    wanted = sp.measure(Net(), X, "gradient_variance", labels=LABELS, loss=F.cross_entropy)
    report = sp.measure(net, X, "gradient_variance", labels=LABELS, loss=F.cross_entropy)
    assert report["gradient_variance"] == wanted["gradient_variance"]


class Regression(nn.Module):
    def __init__(self, end=lambda y: y):
        super().__init__()
        torch.manual_seed(5)
        self.body, self.end = nn.Sequential(nn.Linear(20, 64), nn.ReLU(), nn.Linear(64, 1)), end

    def forward(self, x):
        return self.end(self.body(x))[:, 0]


NUMBERS = torch.randn(32, generator=torch.Generator().manual_seed(2))


def found_by(model, labels, loss=F.mse_loss):
    report = sp.check(model, X, labels=labels, loss=loss)
    ids = ("unreachable_targets", "unscaled_targets", "unlearned_loss")
    return [(f.id, f.severity) for f in report.findings if f.id in ids], report


def test_a_loss_that_is_no_function_is_refused():
    with pytest.raises(TypeError, match="loss: must be a function of the output and the labels; got int"):
        sp.check(Regression(), X, labels=NUMBERS, loss=3)


def test_labels_that_can_be_learned_are_said_to_be():
    found, report = found_by(Regression(), NUMBERS)
    assert not found and report.verdict == "healthy"
    assert any(phrase.startswith("learns the loss it is given") for phrase in report.healthy)
    assert "the loss it is given" in report.rehearsal


def test_negative_labels_behind_a_rectifier_cannot_be_reached():
    found, report = found_by(Regression(F.relu), NUMBERS)
    assert found[0] == ("unreachable_targets", "watch")
    assert "relu" in str(report).lower()


def test_large_labels_behind_a_bounded_unit_are_critical():
    assert found_by(Regression(torch.tanh), 50 + 10 * NUMBERS)[0] == [("unreachable_targets", "critical")]


@pytest.mark.parametrize("loss", [F.mse_loss, F.l1_loss, F.smooth_l1_loss])
def test_labels_of_another_scale_are_told_by_what_scaled_outputs_learn(loss):
    found, report = found_by(Regression(), 2e5 + 4e4 * NUMBERS, loss)
    assert found == [("unscaled_targets", "critical")]
    (finding,) = (f for f in report.findings if f.id == "unscaled_targets")
    assert "standardize the labels" in finding.next


class Ordinal(nn.Module):
    """One score for all of seven thresholds."""

    def __init__(self):
        super().__init__()
        torch.manual_seed(7)
        self.body = nn.Sequential(nn.Linear(20, 64), nn.ReLU(), nn.Linear(64, 1))
        self.thresholds = nn.Parameter(torch.linspace(1, -1, 7))

    def forward(self, x):
        return self.body(x) + self.thresholds


def ordinal_loss(logits, ranks):
    return F.binary_cross_entropy_with_logits(logits, (ranks[:, None] > torch.arange(7)).float())


def test_what_learns_its_own_task_need_not_fit_random_labels():
    torch.manual_seed(1)
    x = torch.randn(32, 20)
    ranks = (2 * x[:, 0] + 3.5).clamp(0, 7).long()
    report = sp.check(Ordinal(), x, labels=ranks, loss=ordinal_loss)
    assert report.verdict != "critical"


class Detached(nn.Module):
    """Eight logits that are trained, and a ninth number that is made of the inputs alone."""

    def __init__(self):
        super().__init__()
        torch.manual_seed(9)
        self.body = nn.Sequential(nn.Linear(20, 64), nn.ReLU(), nn.Linear(64, 8))

    def forward(self, x):
        return torch.cat([self.body(x), x.sum(1, keepdim=True)], dim=1)


def test_a_loss_that_looks_past_what_is_trained_is_found():
    found, _ = found_by(Detached(), NUMBERS, lambda y, t: F.mse_loss(y[:, 8], t))
    assert found == [("unlearned_loss", "watch")]


def test_a_loss_that_falls_without_end_is_not_judged():
    found, report = found_by(Net(), LABELS, lambda y, t: -y.gather(1, t[:, None]).mean())
    assert not found
    assert "has no least value" in report.rehearsal
