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
