# SPDX-License-Identifier: Apache-2.0
"""Parameters whose numbers arrive where their derivatives do not: what is detached, and what has no derivative."""

import pytest
import torch
from torch import nn

import shatterproof as sp
from shatterproof.dependence import Dependence
from shatterproof.examples import Examples
from shatterproof.live_model import LiveModel
from shatterproof.untouched import untouched

X = torch.randn(32, 16, generator=torch.Generator().manual_seed(5))


class Cut(nn.Module):
    """What becomes of the first layer's units on their way, and of what is behind them."""

    def __init__(self, way):
        super().__init__()
        self.first, self.second, self.head = nn.Linear(16, 16), nn.Linear(16, 16), nn.Linear(16, 5)
        self.way = way

    def forward(self, x):
        return self.head(torch.relu(self.second(self.way(x, torch.relu(self.first(x))))))


def without_grad(x, y):
    with torch.no_grad():
        return x + 2 * y


def written(x, y):
    held = torch.zeros_like(x)
    held[:, :8] = y[:, :8].detach()
    return held


#: Of each way whether derivatives still lead to the batch, without which there is nothing to be measured.
WAYS = {
    "detach": (lambda x, y: y.detach(), True),
    "detach in a branch": (lambda x, y: x + y.detach(), True),
    "data": (lambda x, y: y.data, True),
    "new tensor": (lambda x, y: x.new_tensor(y), True),
    "new tensor beside": (lambda x, y: x + y.new_tensor(data=y), True),
    "written over": (written, True),
    "NumPy beside": (lambda x, y: x + torch.from_numpy(y.detach().numpy()), True),
    "rounded beside": (lambda x, y: x + (y > 0.1).float(), True),
    "without grad beside": (lambda x, y: x + without_grad(x, y), True),
    "without grad": (without_grad, False),
    "NumPy": (lambda x, y: torch.from_numpy(y.detach().numpy().copy()), False),
    "copied": (lambda x, y: torch.tensor(y.detach().numpy()), False),
}


@pytest.mark.parametrize("way", [way for way, (_, leads) in WAYS.items() if leads])
def test_a_layer_whose_derivatives_are_cut_is_dead(way):
    report = sp.check(Cut(WAYS[way][0]), X, rehearsal_seconds=1)
    found = {f.id: f for f in report.findings}
    assert "2 of 6 parameters have a gradient of exactly zero" in found["dead_layer"].headline
    assert "first.weight, first.bias" in found["dead_layer"].headline
    assert "training reaches every parameter" not in report.healthy


@pytest.mark.parametrize("way", [way for way, (_, leads) in WAYS.items() if not leads])
def test_a_batch_that_no_derivative_reaches_is_said_to_be_that(way):
    with pytest.raises(ValueError, match="derivatives must lead .* requires_grad_") as raised:
        sp.check(Cut(WAYS[way][0]), X)
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize("way", ["detach", "detach in a branch", "data"])
def test_what_is_frozen_on_purpose_is_not_dead(way):
    net = Cut(WAYS[way][0])
    net.first.requires_grad_(False)
    report = sp.check(net, X, rehearsal_seconds=1)
    assert "dead_layer" not in {f.id for f in report.findings}


def trained_names(net, batch=X):
    with untouched(net) as weights:
        live = LiveModel(net, Examples(net, batch), weights, {name for name, _ in net.named_parameters()})
        return set(live.trainee("float64").parameters)


class Quantized(Cut):
    """A codebook that a loss of its own trains, which the model returns beside its outputs."""

    def __init__(self):
        super().__init__(self.nearest)
        self.codes = nn.Parameter(torch.randn(7, 16))
        self.losses = []

    def nearest(self, x, y):
        found = self.codes[torch.cdist(y, self.codes).argmin(1)]
        self.losses.append((found - y.detach()).square().mean())
        return y + (found - y).detach()

    def forward(self, x):
        self.losses.clear()
        return super().forward(x), self.losses[0]


def test_what_another_loss_of_the_model_trains_is_not_asked_for():
    assert trained_names(Quantized()) == {n for n, _ in Quantized().named_parameters()} - {"codes"}


class Pooled(Cut):
    """What is computed beside the output that counts."""

    def __init__(self):
        super().__init__(lambda x, y: y)
        self.pooler, self.unused = nn.Linear(5, 5), nn.Linear(5, 5)

    def forward(self, x):
        logits = super().forward(x)
        return {"logits": logits, "pooled": self.pooler(logits.detach())}


def test_what_no_output_depends_on_is_not_asked_for():
    assert {name.split(".")[0] for name in trained_names(Pooled())} == {"first", "second", "head"}


def test_numbers_are_followed_into_views_and_what_is_written_over():
    a, b, held = torch.ones(4), torch.ones(4), torch.zeros(2, 4)
    followed = Dependence({"a": a, "b": b})
    held[0] = a
    followed.called(torch.Tensor.__setitem__, (held, 0, a), {}, None)
    assert followed.of([held[1].detach()]) == {"a"} and followed.of([torch.ones(3)]) == set()
    made = held * b
    followed.called(torch.Tensor.mul, (held, b), {}, made)
    assert followed.of([made.view(-1)]) == {"a", "b"}
    followed.called(torch.zeros_like, (made,), {}, shape := torch.zeros_like(made))
    assert followed.of([shape]) == set()
    followed.called(torch.Tensor.new_tensor, (a, b), {}, copied := a.new_tensor(b))
    followed.called(torch.Tensor.new_tensor, (a, [1.0]), {}, number := a.new_tensor([1.0]))
    assert followed.of([copied]) == {"b"} and followed.of([number]) == set()


class LastStep(nn.Module):
    """A bidirectional LSTM of which the last step is read, as one that runs forward."""

    def __init__(self):
        super().__init__()
        torch.manual_seed(1)
        self.lstm = nn.LSTM(6, 8, batch_first=True, bidirectional=True)
        self.head = nn.Linear(16, 3)

    def forward(self, x):
        return self.head(self.lstm(x)[0][:, -1])


def test_a_backward_direction_that_is_read_where_it_begins_is_told_apart():
    report = sp.check(LastStep(), torch.randn(32, 7, 6))
    (finding,) = (f for f in report.findings if f.id == "dead_layer")
    assert finding.severity == "watch"
    assert "lstm.weight_hh_l0_reverse" in finding.headline
    assert "the backward direction is read where it begins" in finding.next


class Normalized(nn.Module):
    """A batch norm by hand, or a pooling over the wrong axis."""

    def __init__(self, pools):
        super().__init__()
        torch.manual_seed(1)
        self.pools, self.first, self.last = pools, nn.Linear(16, 32), nn.Linear(32, 4)

    def forward(self, x):
        x = torch.relu(self.first((x - x.mean(0)) / (x.std(0) + 1e-6) if not self.pools else x))
        return self.last(x.mean(0, keepdim=True) if self.pools else x).expand(len(x), -1)


def coupled(model):
    return [f for f in sp.check(model, X).findings if f.id == "coupled_examples"]


def test_a_batch_norm_by_hand_is_a_note():
    (finding,) = coupled(Normalized(False))
    assert finding.severity == "info"
    assert "in a norm that is written out" in finding.why


def test_a_mean_over_the_batch_that_all_examples_get_is_critical():
    (finding,) = coupled(Normalized(True))
    assert finding.severity == "critical"


def test_a_final_softmax_is_found_also_where_statistics_are_cast():
    torch.manual_seed(1)
    body = [nn.Linear(16, 32), nn.BatchNorm1d(32), nn.ReLU(), nn.Linear(32, 32), nn.BatchNorm1d(32), nn.ReLU()]
    model = nn.Sequential(*body, nn.Linear(32, 4), nn.LogSoftmax(1))
    report = sp.check(model, X)
    assert report.verdict == "healthy", report
    (dead,) = [f for f in report.findings if f.id == "dead_layer"] or [None]
    assert dead is None or dead.severity == "info"  # biases in front of a batch norm


def test_training_that_moves_nothing_that_comes_out_is_critical():
    torch.manual_seed(1)
    model = nn.Sequential(nn.Linear(16, 32), nn.ReLU(), nn.Linear(32, 4)).requires_grad_(False)
    model.register_module("head", nn.Linear(32, 4))
    model.forward = lambda x: model[2](model[1](model[0](x)))
    (finding,) = (f for f in sp.check(model, X).findings if f.id == "dead_layer")
    assert finding.severity == "critical"
    assert "no parameter that training may move takes part" in finding.headline
    assert "is frozen" in finding.next
