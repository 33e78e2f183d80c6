# SPDX-License-Identifier: Apache-2.0
"""A live model and its ONNX export read the same."""

import copy
import json
import math
from collections import OrderedDict

import models
import ordinary
import pytest
import torch

import shatterproof as sp
from shatterproof import _native
from shatterproof.check import _call, _prepared

pytest.importorskip("onnx")

SINGLE = 1e-4  # relative to a curve's largest value: float32, other orders of summation
DOUBLE = 1e-8
CORRELATION = 2**-23  # of a mean of cosines, whose terms are 1: where they cancel, what float32 leaves of 1
GELU = 1e-7  # an export writes the square root of 2 as a float32


def readings(lines):
    return [r for r in map(json.loads, lines.splitlines()) if r["kind"] == "reading"]


def values(reading):
    found = reading.get("y", reading.get("values", [reading.get("value")]))
    return [math.nan if v is None else v for v in found]


def exported(model, batch, live, path):
    arguments = tuple(batch) if isinstance(batch, tuple) else (batch,)
    options = {"dynamo": False} if hasattr(torch.onnx, "ExportOptions") or torch.__version__ >= "2" else {}
    torch.onnx.export(
        copy.deepcopy(model).float(),
        arguments if not isinstance(batch, dict) else (batch,),
        str(path),
        input_names=list(live.graph.inputs),
        output_names=list(live.graph.outputs),
        training=torch.onnx.TrainingMode.PRESERVE,
        do_constant_folding=False,
        opset_version=17,
        **options,
    )
    return sp.load(path)


def compare(name, model, batch, tmp_path, in_double):
    model.eval()
    with _prepared(model, batch, None, None) as live:
        pass
    network = exported(model, batch, live, tmp_path / "model.onnx")
    if in_double:
        model = model.double()
        batch = batch.double() if batch.is_floating_point() else batch
    names = _native.measurements_of_rules()
    with _prepared(model, batch, None, None) as live:
        call = _call(live, model, None, "random", None, 0, 1)
        mine = readings(_native.measure(call, names))
        theirs = readings(_native.measure_network(network, call, names, in_double))
    weights_needed = {r["name"] for r in mine if r.get("undefined") == "needs the network's weights"}
    mine, theirs = ([r for r in all_ if not r["name"].startswith(tuple(weights_needed))] for all_ in (mine, theirs))
    assert len(mine) > 10
    assert [(r["name"], r["type"]) for r in mine] == [(r["name"], r["type"]) for r in theirs]
    for one, other in zip(mine, theirs):
        assert_alike(one, other, (GELU if name in WITH_GELU else DOUBLE) if in_double else SINGLE)


def assert_alike(one, other, tolerance):
    assert one.get("undefined") == other.get("undefined")
    if "undefined" in one:
        return
    a, b = (torch.tensor(values(reading), dtype=torch.float64) for reading in (one, other))
    assert a.shape == b.shape, (one["name"], one.get("x_labels"), other.get("x_labels"))
    assert torch.equal(a.isfinite(), b.isfinite())
    finite = b.isfinite()
    scale = b[finite].abs().max().item() if finite.any() else 0
    difference = (a - b)[finite].abs().max().item() if finite.any() else 0
    cancels = CORRELATION if tolerance == SINGLE and "correlation" in one["name"] else 0
    assert difference <= max(tolerance * scale, cancels), (one["name"], values(one), values(other))


CASES = [
    m
    for m in models.everything()
    if m[0] in ("mlp", "residual", "convolutional", "attention", "lstm", "lstm_steps_first", "gru", "gru_both_ways")
] + [
    ("sigmoids", ordinary.Sigmoids(8, 16), torch.randn(8, 16)),
    ("resnet", ordinary.ResNet20(blocks=1), torch.randn(8, 3, 8, 8)),
    ("gpt", ordinary.Gpt(depth=2, width=16, heads=2, length=6), torch.randint(0, 50, (6, 6))),
    ("unet", ordinary.Unet(4), torch.randn(8, 3, 8, 8)),
    ("vgg", torch.nn.Sequential(OrderedDict(net=ordinary.vgg((8, "M", 12, 12)))), torch.randn(8, 3, 8, 8)),
    ("mobilenet", ordinary.MobileNet(), torch.randn(8, 3, 8, 8)),
]

WITH_GELU = ("attention", "gpt")


@pytest.mark.parametrize("name,model,batch", CASES, ids=[m[0] for m in CASES])
@pytest.mark.parametrize("in_double", [False, True], ids=["float32", "float64"])
def test_a_live_model_reads_as_its_export(name, model, batch, in_double, tmp_path):
    compare(name, copy.deepcopy(model), batch, tmp_path, in_double)
