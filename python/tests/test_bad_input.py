# SPDX-License-Identifier: Apache-2.0
"""What cannot be checked is refused in one line that says what was expected; what can, is."""

import models
import pytest
import torch
from torch import nn

import shatterproof as sp


class Scalar(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc = nn.Linear(8, 1)

    def forward(self, x):
        return self.fc(x).sum()


class Text(Scalar):
    def forward(self, x):
        return "nothing"


class Constant(Scalar):
    def forward(self, x):
        return torch.zeros(len(x), 3)


X = torch.randn(6, 8)
LABELS = torch.arange(6) % 2
NET = nn.Sequential(nn.Linear(8, 8), nn.ReLU(), nn.Linear(8, 2))


def accuracy(output, labels):
    return (output.argmax(1) == labels).float().mean()


REFUSED = [
    (lambda: sp.check("model", X), TypeError, "must be a torch.nn.Module; got str"),
    (lambda: sp.check(NET, "text"), ValueError, "batch: must hold a tensor"),
    (lambda: sp.check(NET, torch.tensor(1.0)), ValueError, "batch: must hold a tensor"),
    (lambda: sp.check(NET, X[:1]), ValueError, "at least 2 examples; got 1: their outputs and gradients are compared"),
    (lambda: sp.check(models.Residual(), X[:1]), ValueError, "got 1: the batch normalization 'blocks.0.norm' takes"),
    (lambda: sp.check(Scalar(), X), ValueError, "must return a floating-point tensor"),
    (lambda: sp.check(Text(), X), ValueError, "must return a floating-point tensor"),
    (lambda: sp.check(Constant(), X), ValueError, "must depend on the batch"),
    (lambda: sp.check(NET, X, seeds=2), ValueError, "add init=SCHEME"),
    (lambda: sp.check(NET, X, seeds=0), ValueError, "seeds: must be at least 1"),
    (lambda: sp.check(NET, X, init="hee"), ValueError, "hee"),
    (lambda: sp.check(NET, X, functional="some"), ValueError, "some"),
    (lambda: sp.check(NET, X, batch_norm="held"), ValueError, "held"),
    (lambda: sp.check(NET, X, loss=lambda y, t: 1.0), ValueError, "loss: must return one number"),
    (lambda: sp.check(NET, X, labels=torch.zeros(3)), ValueError, "labels: must be one per example"),
    (lambda: sp.check(NET, X, labels=[0, 1, 1]), ValueError, "labels: must be one per example, 6; got shape [3]"),
    (lambda: sp.check(NET, X, labels={"boxes": LABELS}), TypeError, "numbers that make one; got dict of Tensor"),
    (lambda: sp.check(NET, X, labels=(LABELS, LABELS)), TypeError, "numbers that make one; got tuple of Tensor"),
    (lambda: sp.check(NET, X, labels=list("abcdef")), TypeError, "numbers that make one; got list of str"),
    (lambda: sp.check(NET, (X, {"boxes": LABELS})), TypeError, "labels: must be a tensor with one per example"),
    (lambda: sp.check(NET, X, labels=LABELS, loss=nn.CrossEntropyLoss(reduction="none")), ValueError, "shape [6]"),
    (lambda: sp.check(NET, X, labels=LABELS, loss=accuracy), ValueError, "loss: must have derivatives"),
    (lambda: sp.measure(NET, X, "gradient_corelation"), ValueError, "gradient_correlation"),
    (lambda: sp.measure(NET, X), ValueError, "name of a measurement"),
    (lambda: sp.check(torch.jit.script(nn.Linear(8, 2)), X), TypeError, "torch.jit"),
    (lambda: sp.check(nn.Linear(8, 2, device="meta"), X), ValueError, "meta device"),
    (lambda: sp.init_(NET, "looks_linear"), ValueError, "give a batch"),
    (lambda: sp.watch(NET, every=0), ValueError, "every must be at least 1"),
    (lambda: sp.watch(NET, budget=0), ValueError, "per cent"),
    (lambda: sp.family("residal:depth=5"), ValueError, "residual"),
    (lambda: sp.load("/nowhere/model.onnx"), OSError, "model.onnx"),
]


@pytest.mark.parametrize("call,error,words", REFUSED)
def test_a_mistake_is_said_in_one_line(call, error, words):
    with pytest.raises(error) as raised:
        call()
    assert words in str(raised.value) and "\n" not in str(raised.value)


@pytest.mark.parametrize("labels", [LABELS.tolist(), tuple(LABELS.tolist()), list(LABELS), LABELS.numpy()])
def test_labels_are_numbers_in_any_form(labels):
    expected = sp.measure(NET, X, "gradient_variance", labels=LABELS, loss=nn.CrossEntropyLoss())["gradient_variance"]
    given = sp.measure(NET, X, "gradient_variance", labels=labels, loss=nn.CrossEntropyLoss())["gradient_variance"]
    assert given == expected


def test_another_path_in_another_pass_is_refused():
    passes = [0]  # outside the module, whose own state is put back after every pass

    class Fickle(nn.Module):
        def __init__(self):
            super().__init__()
            self.fc = nn.Linear(8, 8)

        def forward(self, x):
            passes[0] += 1
            return torch.relu(self.fc(x)) if passes[0] % 2 else torch.tanh(self.fc(x))

    with pytest.raises(ValueError, match="same path"):
        sp.check(Fickle(), X)


def test_weights_that_are_no_numbers_are_a_finding():
    net = nn.Sequential(nn.Linear(8, 8), nn.ReLU(), nn.Linear(8, 2))
    with torch.no_grad():
        net[0].weight[0, 0] = float("nan")
    assert sp.check(net, X).verdict == "critical"


def test_no_grad_around_the_check_changes_nothing():
    with torch.no_grad():
        within = sp.measure(NET, X, "gradient_correlation")["gradient_correlation"]
        assert not torch.is_grad_enabled()
    assert within == sp.measure(NET, X, "gradient_correlation")["gradient_correlation"]


def test_inference_mode_around_the_check_changes_nothing():
    with torch.inference_mode():
        batch = X.clone()
        within = sp.measure(NET, batch, "gradient_correlation")["gradient_correlation"]
    assert within == sp.measure(NET, X, "gradient_correlation")["gradient_correlation"]


def test_a_model_made_in_inference_mode_is_refused():
    with torch.inference_mode():
        net = nn.Linear(8, 2)
    with pytest.raises(ValueError, match="outside torch.inference_mode"):
        sp.check(net, X)


def test_frozen_parameters_are_checked_like_others():
    net = models.Mlp()
    expected = sp.measure(net, torch.ones(4, 16), "gradient_variance")["gradient_variance"]
    net.requires_grad_(False)
    assert sp.measure(net, torch.ones(4, 16), "gradient_variance")["gradient_variance"] == expected


def multiplies(dtype):
    """Older PyTorch has no products of half precision on the CPU."""
    try:
        nn.Linear(2, 2).to(dtype)(torch.ones(1, 2, dtype=dtype))
    except RuntimeError:
        return False
    return True


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16, torch.float64])
def test_other_floating_types_are_checked_where_the_model_runs(dtype):
    net, batch = models.Mlp().to(dtype), torch.ones(6, 16).to(dtype)
    if multiplies(dtype):
        assert sp.check(net, batch).verdict
    else:
        with pytest.raises(RuntimeError, match="not implemented for"):
            sp.check(net, batch)


def test_a_model_that_writes_into_its_input_does_not_write_into_the_batch():
    batch = torch.randn(6, 8)
    kept = batch.clone()
    sp.check(models.InPlace(), batch)
    assert torch.equal(batch, kept)


class OneNumber(torch.nn.Linear):
    def forward(self, x):
        return {"logits": super().forward(x).mean()}


def test_one_number_for_all_examples_is_said_to_be_no_output():
    with pytest.raises(ValueError, match="with the 8 examples along its first axis"):
        sp.check(OneNumber(6, 3), torch.randn(8, 6))


class OverNodes(torch.nn.Module):
    """A network over the nodes of one graph: a ring in which each takes the mean of itself and its neighbours."""

    def __init__(self, nodes=34, width=16):
        super().__init__()
        one = torch.eye(nodes)
        self.register_buffer("A", (one + one.roll(1, 0) + one.roll(-1, 0)) / 3)
        self.first, self.second = torch.nn.Linear(8, width), torch.nn.Linear(width, 4)

    def forward(self, x):
        return self.A @ self.second(torch.relu(self.A @ self.first(x)))


def test_a_model_that_runs_only_on_all_its_examples_is_checked():
    torch.manual_seed(5)
    net, batch = OverNodes(), torch.randn(34, 8)
    with pytest.raises(RuntimeError):
        net(batch[:2])
    report = sp.check(net, batch)
    assert report.verdict
    coupled = [r for r in report.records if r["kind"] == "finding" and r["id"] == "coupled_examples"]
    assert [r["severity"] for r in coupled] == ["info"], "they meet in a matrix that was given"
    assert "targets" in report.rehearsal or "label" in report.rehearsal, "it is tried on all of them"
    assert report["correlation_length"] > 0
