# SPDX-License-Identifier: Apache-2.0
"""A live check says what a check of the model's ONNX export says: findings, their layers, and the first advice."""

import copy
import json
from collections import OrderedDict

import ordinary
import pytest
import torch
import torch.nn.functional as F
from torch import nn

import shatterproof as sp
from shatterproof.check import _prepared

np = pytest.importorskip("numpy")
pytest.importorskip("onnx")

ROUNDING = 0.05  # relative, of a number in an advice: other orders of summation, and rehearsals that stop by the clock
SECONDS = 60  # of rehearsals: more than any takes, so that no verdict depends on what else the machine does


class PlainResidual(nn.Module):
    """Without norm: what a block adds is as large as what it is added to."""

    def __init__(self, width=32, depth=16):
        super().__init__()
        self.blocks = nn.ModuleList(nn.Linear(width, width) for _ in range(depth))
        self.head = nn.Linear(width, 10)
        for module in self.blocks:
            nn.init.kaiming_normal_(module.weight)

    def forward(self, x):
        for block in self.blocks:
            x = x + block(F.relu(x))
        return self.head(x)


class TooDeep(nn.Module):
    def __init__(self, width=32, depth=24):
        super().__init__()
        self.layers = nn.ModuleList(nn.Linear(width, width) for _ in range(depth))
        self.head = nn.Linear(width, 10)

    def forward(self, x):
        for layer in self.layers:
            x = torch.tanh(layer(x))
        return self.head(x)


torch.manual_seed(7)
CASES = [
    ("too deep", TooDeep(), torch.randn(64, 32)),
    ("residual", PlainResidual(), torch.randn(64, 32)),
    (
        "convolutional",
        nn.Sequential(OrderedDict(net=ordinary.vgg((8, 8, "M", 16, 16, "M", 16, 16)))),
        torch.randn(32, 3, 16, 16),
    ),
    ("gpt", ordinary.Gpt(depth=3, width=32, heads=4, length=12), torch.randint(0, 50, (16, 12))),
    ("lstm", ordinary.Lstm(16), torch.randn(16, 100, 8)),
]


def of_file(model, batch, folder):
    """The records of a check of the export."""
    path, inputs = folder / "model.onnx", folder / "batch.npy"
    with _prepared(model, batch, None, None) as live:
        names = list(live.graph.inputs), list(live.graph.outputs)
    options = {"dynamo": False} if torch.__version__ >= "2" else {}
    torch.onnx.export(
        copy.deepcopy(model).eval(), (batch,), str(path), input_names=names[0], output_names=names[1],
        dynamic_axes={names[0][0]: {0: "batch"}}, training=torch.onnx.TrainingMode.PRESERVE, do_constant_folding=False,
        opset_version=17, **options,
    )  # fmt: skip
    np.save(inputs, batch.numpy())
    words = ["check", str(path), "--inputs", str(inputs), "--json", "-", "--quiet", "--rehearsal-seconds", str(SECONDS)]
    _, out, err = sp._native.captured_command(words)
    assert not err.strip(), err
    return [json.loads(line) for line in out.splitlines() if line.startswith("{")]


def findings_of(records):
    return [(r["id"], r["severity"], tuple(r.get("layers", ()))) for r in records if r["kind"] == "finding"]


def first_advice(records):
    for record in records:
        if record["kind"] == "finding" and record["severity"] != "info" and record.get("remedies"):
            return record["remedies"][0]
    return {}


@pytest.mark.parametrize("name,model,batch", CASES, ids=[c[0] for c in CASES])
def test_a_live_verdict_is_that_of_the_export(name, model, batch, tmp_path):
    mine = sp.check(model, batch, rehearsal_seconds=SECONDS).records
    theirs = of_file(model, batch, tmp_path)
    assert findings_of(mine) == findings_of(theirs)
    one, other = first_advice(mine), first_advice(theirs)
    assert {k: v for k, v in one.items() if isinstance(v, str)} == {
        k: v for k, v in other.items() if isinstance(v, str)
    }
    for key in ("value", "measured", "now"):
        assert (key in one) == (key in other), key
        if key in one:
            assert one[key] == pytest.approx(other[key], rel=ROUNDING), key


def test_a_readout_of_zero_hides_nothing_and_stays_zero():
    def net(depth):
        torch.manual_seed(1)
        layers = [m for _ in range(depth) for m in (nn.Linear(32, 32), nn.BatchNorm1d(32), nn.ReLU())]
        made = nn.Sequential(*layers, nn.Linear(32, 4))
        nn.init.zeros_(made[-1].weight)
        return made

    x = torch.randn(64, 32, generator=torch.Generator().manual_seed(2))
    fine, sick = net(2), net(40)
    assert sp.check(fine, x, rehearsal_seconds=5).verdict == "healthy"
    assert "exploding" in [finding.id for finding in sp.check(sick, x, rehearsal_seconds=0).findings]
    assert not fine[-1].weight.any() and not sick[-1].weight.any()
