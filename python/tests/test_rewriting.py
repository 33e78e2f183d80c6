# SPDX-License-Identifier: Apache-2.0
"""A model run as another graph is the model that somebody would have written so."""

import json

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from shatterproof import _native
from shatterproof.check import _call, _prepared
from shatterproof.rewriting import Rewriting

SUMS = 1e-4  # relative: other orders of summation
NAMES = ("gradient_variance", "gradient_correlation", "preactivation_std", "gradient_scale_coefficient")


class Stack(nn.Module):
    """Layers with what may be put around them, as somebody would write it."""

    def __init__(self, change="", inplace=False, depth=4, width=12):
        super().__init__()
        self.layers = nn.ModuleList(nn.Linear(width, width) for _ in range(depth))
        self.norms = nn.ModuleList(nn.BatchNorm1d(width) for _ in range(depth)) if "norm" in change else None
        self.head = nn.Linear(width, 3)
        self.change, self.inplace = change, inplace

    def forward(self, x):
        z = None
        for i, layer in enumerate(self.layers):
            y = layer(x)
            if z is not None and "skip" in self.change:
                y = z + 0.2 * y
            z = y
            if self.norms is not None:
                y = self.norms[i](y)
            x = self.bent(y)
        return self.head(x)

    def bent(self, y):
        if "leak" in self.change:
            return F.leaky_relu(y, 0.25)
        return F.relu_(y.clone()) if self.inplace else torch.relu(y)


class InPlaceStack(Stack):
    """Writes its nonlinearities over what enters them."""

    def forward(self, x):
        for layer in self.layers:
            x = layer(x)
            F.relu_(x)
        return self.head(x)


class Branches(nn.Module):
    def __init__(self, factor=1.0, written=False, depth=4, width=12):
        super().__init__()
        self.layers = nn.ModuleList(nn.Linear(width, width) for _ in range(depth))
        self.factor, self.written = factor, written

    def forward(self, x):
        for layer in self.layers:
            y = layer(torch.relu(x))
            if self.factor != 1:
                y = self.factor * y
            if self.written:
                y += x
                x = y
            else:
                x = x + y
        return x


def readings_after(model, batch, remedy):
    """What is measured live after a remedy; ``None`` where it cannot be made."""
    with _prepared(model, batch, None, None) as live:
        call = _call(live, model, None, "sum", None, 0, 1)
        lines = _native.measure_after(call, remedy["kind"], remedy.get("scheme", ""), remedy.get("value"), list(NAMES))
    return None if lines is None else values(lines)


def readings_of(model, batch):
    with _prepared(model, batch, None, None) as live:
        return values(_native.measure(_call(live, model, None, "sum", None, 0, 1), list(NAMES)))


def values(lines):
    records = [r for r in map(json.loads, lines.splitlines()) if r["kind"] == "reading"]
    return {(r["name"], r["type"]): r.get("y", r.get("values", [r.get("value")])) for r in records}


def like(other, model):
    other.load_state_dict(model.state_dict(), strict=False)
    return other


X = torch.randn(16, 12)
SKIPS = {"kind": "add_skips", "value": 0.2}
NORMS = {"kind": "add_norm", "scheme": "batch"}
SLOPES = {"kind": "replace_nonlinearity", "scheme": "prelu"}

CASES = [
    (Stack(), NORMS, lambda: Stack("norm")),
    (Stack(), SKIPS, lambda: Stack("skip")),
    (Stack(), {**SKIPS, "scheme": "batch"}, lambda: Stack("norm skip")),
    (InPlaceStack(), NORMS, lambda: Stack("norm")),
    (InPlaceStack(), SKIPS, lambda: Stack("skip")),
    (Stack(), SLOPES, lambda: Stack("leak")),
    (Stack(inplace=True), SLOPES, lambda: Stack("leak")),
    (InPlaceStack(), SLOPES, lambda: Stack("leak")),
    (Branches(), {"kind": "scale_branches", "value": 0.2}, lambda: Branches(0.2)),
    (Branches(written=True), {"kind": "scale_branches", "value": 0.2}, lambda: Branches(0.2)),
]


@pytest.mark.parametrize("model,remedy,written", CASES)
def test_what_is_measured_is_what_the_written_model_shows(model, remedy, written):
    found, expected = readings_after(model, X, remedy), readings_of(like(written(), model), X)
    assert found.keys() == expected.keys() and len(found) >= 3
    for name, value in expected.items():
        assert found[name] == pytest.approx(value, rel=SUMS), name
    assert expected != readings_of(model, X)


def test_what_is_put_in_is_trained_too():
    net = Stack(depth=1)
    with _prepared(net, X, None, None) as live:
        gain, shift, mean, variance = torch.ones(12), torch.zeros(12), torch.zeros(12), torch.ones(12)
        put_in = {"gain": gain, "shift": shift, "mean": mean, "variance": variance}
        nodes = []
        for node in live.graph.nodes:
            inputs = ["normed"] if node.op == "Relu" else node.inputs
            if node.op == "Relu":
                nodes.append(("norm", "BatchNormalization", [node.inputs[0], *put_in], ["normed"]))
            nodes.append((node.name, node.op, inputs, node.outputs))
        changed = live.rewritten(nodes, live.graph.outputs, put_in, ["gain", "shift"])
        copies = changed.trainee("float32")
        (output,) = copies.outputs([X])
        output.square().sum().backward()
    own = {name for name, _ in net.named_parameters()}
    assert set(copies.parameters) == own | {"gain", "shift"} and changed.graph.trainable == own | {"gain", "shift"}
    assert copies.parameters["gain"].grad.abs().sum() > 0


def test_a_graph_that_the_pass_does_not_show_is_refused():
    net = Stack(depth=1)
    with _prepared(net, X, None, None) as live:
        graph = live.graph
        other = [(n.name, n.op, ["nowhere"] if n.op == "Relu" else n.inputs, n.outputs) for n in graph.nodes]
        assert live.rewritten(other, graph.outputs, {}, []) is None
        assert live.rewritten([], ["other"], {}, []) is None


@pytest.mark.parametrize("op,known", [("Tanh", "Relu, PRelu, Identity"), ("Softmax", "Add, Mul")])
def test_an_operator_that_cannot_be_run_is_refused_before_a_pass(op, known):
    with _prepared(Stack(depth=1), X, None, None) as live:
        graph, called = live.graph, live.called
        nodes = [(n.name, "Tanh" if n.op == "Relu" else n.op, n.inputs, n.outputs) for n in graph.nodes]
        if op == "Softmax":
            nodes = [("new", op, [graph.nodes[0].outputs[0]], ["made"])]
        with pytest.raises(ValueError, match=f"must be one of {known}.*; got {op}") as raised:
            Rewriting(graph, called, nodes, graph.outputs, {}, [])
    assert "\n" not in str(raised.value)


class Insisting(Stack):
    """Fails in a way of its own in every pass but the first."""

    def __init__(self, error):
        super().__init__(depth=1)
        self.passes, self.error = iter(range(9)), error

    def forward(self, x):
        if next(self.passes) > 0:
            raise self.error("not as another graph")
        return super().forward(x)


@pytest.mark.parametrize("error", [AssertionError, KeyError, AttributeError, ZeroDivisionError])
def test_whatever_a_model_raises_as_another_graph_is_no_end_of_the_check(error):
    with _prepared(Insisting(error), X, None, None) as live:
        nodes = [(n.name, n.op, n.inputs, n.outputs) for n in live.graph.nodes]
        assert live.rewritten(nodes, live.graph.outputs, {}, []) is None
