# SPDX-License-Identifier: Apache-2.0
"""The patch of a report applies, and the model that it makes is as much better as was said."""

import importlib
import math
import subprocess
import sys
import textwrap

import pytest
import torch
from torch import nn

import shatterproof as sp
from shatterproof.edits import edits_of

NOISE = 1.0  # of a logarithm: the model that is made again draws other weights of the same law, 12 to 48 layers of them
SECONDS = 4  # of rehearsals, where what they say is beyond doubt
SEVERITIES = ("info", "watch", "critical")
X = torch.randn(32, 24, generator=torch.Generator().manual_seed(2))

RESIDUAL = """
    from torch import nn

    class Block(nn.Module):
        def __init__(self, width):
            super().__init__()
            self.body = nn.Sequential(nn.Linear(width, width), nn.ReLU(), nn.Linear(width, width))
            for layer in (self.body[0], self.body[2]):
                nn.init.normal_(layer.weight, 0, 1.5 * (2 / width) ** 0.5)

        def forward(self, x):
            return x + self.body(x)

    class Net(nn.Module):
        def __init__(self, depth=24, width=24):
            super().__init__()
            self.blocks = nn.Sequential(*(Block(width) for _ in range(depth)))
            self.head = nn.Linear(width, 10)

        def forward(self, x):
            return self.head(self.blocks(x))
"""

SMALL_WEIGHTS = """
    import torch.nn.functional as F
    from torch import nn

    class Net(nn.Module):
        def __init__(self, depth=16, width=24):
            super().__init__()
            self.layers = nn.ModuleList(nn.Linear(width, width) for _ in range(depth))
            for layer in self.layers:
                nn.init.normal_(layer.weight, 0, 0.8 / width**0.5)
                nn.init.zeros_(layer.bias)
            self.head = nn.Linear(width, 10)

        def forward(self, x):
            for layer in self.layers:
                x = F.relu(layer(x))
            return self.head(x)
"""

WITHOUT_NORM = """
    from torch import nn

    class Net(nn.Module):
        def __init__(self, depth=12, width=24):
            super().__init__()
            layers = []
            for _ in range(depth):
                layers += [nn.Linear(width, width), nn.ReLU()]
            self.net = nn.Sequential(*layers, nn.Linear(width, 10))
            for module in self.net:
                if isinstance(module, nn.Linear):
                    nn.init.kaiming_normal_(module.weight, nonlinearity="relu")
                    nn.init.zeros_(module.bias)

        def forward(self, x):
            return self.net(x)
"""

SIGMOIDS = """
    import torch
    from torch import nn

    class Net(nn.Module):
        def __init__(self, depth=12, width=24):
            super().__init__()
            self.layers = nn.ModuleList(nn.Linear(width, width) for _ in range(depth))
            self.head = nn.Linear(width, 10)

        def forward(self, x):
            for layer in self.layers:
                x = torch.sigmoid(layer(x))
            return self.head(x)
"""


def imported():
    sys.modules.pop("patched_net", None)
    importlib.invalidate_caches()
    torch.manual_seed(3)
    return importlib.import_module("patched_net").Net()


def patched(report, folder):
    patch = report.patch(folder)
    assert patch, str(report)
    done = subprocess.run(["patch", "-p1"], input=patch, text=True, cwd=folder, capture_output=True)
    assert done.returncode == 0, done.stdout + done.stderr
    return patch


def written_remedy(report):
    for finding in report.findings:
        for remedy in finding.remedies:
            if edits_of(report, remedy):
                return finding, remedy
    raise AssertionError(f"none can be written: {report}")


@pytest.mark.parametrize(
    "source,kind,line,seconds",
    [
        (RESIDUAL, "scale_branches", "return x + 0.204 * self.body(x)", SECONDS),
        (SMALL_WEIGHTS, "redraw", 'nn.init.kaiming_normal_(module.weight, nonlinearity="relu")', 0),
        (WITHOUT_NORM, "add_norm", "layers += [nn.Linear(width, width), nn.BatchNorm1d(width), nn.ReLU()]", 0),
        (SIGMOIDS, "replace_nonlinearity", "x = torch.relu(layer(x))", SECONDS),
    ],
    ids=["scale_branches", "redraw", "add_norm", "replace_nonlinearity"],
)
def test_the_patched_model_is_as_much_better_as_was_said(source, kind, line, seconds, tmp_path, monkeypatch):
    (tmp_path / "patched_net.py").write_text(textwrap.dedent(source))
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    before = sp.check(imported(), X, rehearsal_seconds=seconds)
    finding, remedy = written_remedy(before)
    assert remedy["kind"] == kind and before.verdict in ("watch", "critical"), str(before)
    assert "  edit  patched_net.py:" in str(before)
    added = [one[1:].strip() for one in patched(before, tmp_path).splitlines() if one.startswith("+")]
    assert line in added
    after = sp.check(imported(), X, rehearsal_seconds=seconds)
    left = {f.id: f.severity for f in after.findings}
    assert SEVERITIES.index(left.get(finding.id, "info")) < SEVERITIES.index(finding.severity), str(after)
    assert "critical" not in left.values(), str(after)
    assert ("measured" in remedy) == (seconds > 0)
    if "measured" in remedy:
        found = after[remedy["reading"]]
        assert abs(math.log((found[0] if isinstance(found, list) else found) / remedy["measured"])) < NOISE


def with_remedy(net, batch, **remedy):
    report = sp.measure(net, batch, "gradient_variance")
    return [edit.after for edit in edits_of(report, remedy)]


def with_remedy_of_pytorchs(**remedy):
    net = nn.Sequential(nn.Linear(24, 8), nn.Tanh(), nn.Linear(8, 4))
    return with_remedy(net, X, **remedy)


def test_a_model_of_pytorchs_own_class_is_mended_where_it_is_made():
    (norm,) = with_remedy_of_pytorchs(kind="add_norm", scheme="batch")
    assert norm.strip() == "net = nn.Sequential(nn.Linear(24, 8), nn.BatchNorm1d(8), nn.Tanh(), nn.Linear(8, 4))"
    (drawn,) = with_remedy_of_pytorchs(kind="redraw", scheme="lecun")
    assert [line.strip() for line in drawn.splitlines()[1:]] == [
        "for module in net.modules():",
        "if isinstance(module, nn.Linear):",
        'nn.init.kaiming_normal_(module.weight, nonlinearity="linear")',
        "nn.init.zeros_(module.bias)",
    ]
    (scaled,) = with_remedy_of_pytorchs(kind="scale_layer", value=0.1)
    assert scaled.splitlines()[-1].strip() == "net[2].weight.mul_(0.1)"


def test_another_nonlinearity_comes_with_its_weights():
    (edit,) = with_remedy_of_pytorchs(kind="replace_nonlinearity", scheme="relu")
    assert "nn.ReLU(), nn.Linear(8, 4))" in edit and 'nonlinearity="relu"' in edit


def touched(remedy):
    net = nn.Sequential(nn.Linear(24, 8), nn.Tanh(), nn.Linear(8, 4))
    nn.init.zeros_(net[2].weight)
    return with_remedy(net, X, **remedy)


def grown(remedy):
    net = nn.Sequential(nn.Linear(24, 8), nn.Tanh())
    net.add_module("last", nn.Linear(8, 4))
    return with_remedy(net, X, **remedy)


def looked_at(remedy):
    net = nn.Sequential(nn.Linear(24, 8), nn.Tanh(), nn.Linear(8, 4))
    net(X)
    list(net.parameters())
    return with_remedy(net, X, **remedy)


def test_a_model_that_was_changed_since_it_was_made_is_left_alone():
    for remedy in ({"kind": "redraw", "scheme": "he"}, {"kind": "scale_layer", "value": 0.1}):
        assert touched(remedy) == [] and grown(remedy) == []
        assert len(looked_at(remedy)) == 1


class Mixed(nn.Module):
    """One nonlinearity follows no layer: what puts a norm in front of each is no edit of a line."""

    def __init__(self):
        super().__init__()
        self.a = nn.Linear(24, 24)
        self.b = nn.Linear(24, 24)

    def forward(self, x):
        x = torch.relu(self.a(x))
        return torch.relu(x + self.b(x))


def test_half_of_a_change_is_not_written():
    assert with_remedy(Mixed(), X, kind="add_norm", scheme="batch") == []
    assert with_remedy(Mixed(), X, kind="redraw", scheme="looks_linear") == []
    assert with_remedy(nn.Bilinear(24, 24, 4), (X, X), kind="redraw", scheme="he") == []


class Images(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(3, 6, 3, bias=False)
        self.up = nn.Linear(36, 6)

    def forward(self, x):
        return torch.relu(self.up(torch.relu(self.conv(x)).flatten(2)))


def test_a_norm_fits_what_it_normalizes():
    first, second = with_remedy(Images(), torch.randn(4, 3, 8, 8), kind="add_norm", scheme="batch")
    assert first.strip() == "self.conv = nn.Sequential(nn.Conv2d(3, 6, 3, bias=False), nn.BatchNorm2d(6))"
    assert second.strip() == "self.up = nn.Sequential(nn.Linear(36, 6), nn.LayerNorm(6))"
