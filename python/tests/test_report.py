# SPDX-License-Identifier: Apache-2.0
"""What a report says and writes."""

import json
import subprocess
import sys
import textwrap

import models
import pytest
import torch

import shatterproof as sp
from shatterproof.report import Report

X = torch.randn(16, 16)


def exploding(depth=30):
    net = models.Mlp(16, depth)
    with torch.no_grad():
        for parameter in net.parameters():
            parameter.mul_(3)
    return net


def test_a_finding_names_layers_and_the_line_that_calls_them():
    report = sp.check(exploding(), X, rehearsal_seconds=0)
    assert report.verdict == "watch"  # beyond doubt only where a rehearsal has failed
    placed = [f for f in report.findings if f.modules]
    assert placed and placed[0].modules[0].startswith("layers.")
    assert placed[0].source.file.endswith("models.py")
    line = open(placed[0].source.file).read().splitlines()[placed[0].source.number - 1]
    assert "layer(x)" in line
    assert "models.py:" in str(report) and "WATCH" in str(report)


def test_the_results_file_is_one_and_holds_the_sources(tmp_path):
    report = sp.check(models.Mlp(), X, rehearsal_seconds=0)
    text = report.to_json(tmp_path / "x.jsonl")
    records = [json.loads(line) for line in text.splitlines()]
    assert [records[0]["kind"], records[-1]["kind"]] == ["context", "coverage"]
    graph = next(r for r in records if r["kind"] == "graph")
    assert any(node.get("source", "").count("models.py:") for node in graph["nodes"])
    code, _, err = sp._native.captured_command(["report", str(tmp_path / "x.jsonl"), "-o", str(tmp_path / "x.html")])
    assert code == 0, err


def test_the_page_holds_the_results():
    report = sp.check(models.Mlp(), X, rehearsal_seconds=0)
    assert "gradient_correlation" in report.to_html()
    assert report._repr_html_().startswith("<iframe")


def test_a_frame_has_a_row_for_every_number():
    pytest.importorskip("pandas")
    frame = sp.measure(models.Mlp(), X, "gradient_variance").to_frame()
    assert (frame["name"] == "gradient_variance").sum() >= 4


def test_an_unknown_reading_names_the_known_ones():
    with pytest.raises(KeyError, match="gradient_variance"):
        sp.measure(models.Mlp(), X, "gradient_variance")["loss"]


SOURCE = """
    import torch
    from torch import nn
    class Block(nn.Module):
        def __init__(self, width):
            super().__init__()
            self.body = nn.Sequential(nn.Linear(width, width), nn.ReLU(), nn.Linear(width, width))
        def forward(self, x):
            return x + self.body(x)
    class Net(nn.Module):
        def __init__(self, depth=8, width=16):
            super().__init__()
            self.blocks = nn.ModuleList(Block(width) for _ in range(depth))
        def forward(self, x):
            for block in self.blocks:
                x = block(x)
            return x
"""


def test_the_patch_applies_and_scales_the_branch(tmp_path, monkeypatch):
    (tmp_path / "net.py").write_text(textwrap.dedent(SOURCE))
    monkeypatch.syspath_prepend(str(tmp_path))
    sys.modules.pop("net", None)
    import net

    report = sp.check(net.Net(), X)
    record = {"kind": "finding", "id": "exploding", "severity": "critical"}
    record["remedies"] = [{"kind": "scale_branches", "value": 0.2}]
    changed = Report(report.to_json() + json.dumps(record) + "\n", report.graph)
    assert "net.py:9   return x + self.body(x)   ->   return x + 0.2 * self.body(x)" in str(changed)
    patch = changed.patch(tmp_path)
    assert "+        return x + 0.2 * self.body(x)" in patch
    done = subprocess.run(["patch", "-p1"], input=patch, text=True, cwd=tmp_path, capture_output=True)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "0.2 * self.body(x)" in (tmp_path / "net.py").read_text()
