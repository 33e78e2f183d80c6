# SPDX-License-Identifier: Apache-2.0
"""Files as users write them, in which a remedy is to be written."""

import importlib
import itertools
import sys
import textwrap

import torch

import shatterproof as sp
from shatterproof.edits import edits_of

X = torch.randn(32, 24, generator=torch.Generator().manual_seed(2))
IMAGES = torch.randn(8, 3, 8, 8, generator=torch.Generator().manual_seed(2))
NUMBERS = itertools.count()

HALVES = {"kind": "scale_branches", "value": 0.5}
NORMS = {"kind": "add_norm", "scheme": "batch"}
RECTIFIERS = {"kind": "replace_nonlinearity", "scheme": "relu"}
SLOPES = {"kind": "replace_nonlinearity", "scheme": "prelu"}
DRAWS = {"kind": "redraw", "scheme": "he"}
SCALES = {"kind": "scale_layer", "value": 0.5}

IMPORTS = """
import torch
import torch.nn.functional as F
from torch import nn
"""


class Written:
    """A file of the user's with a class ``Net``, a pass of it, and what a remedy would have written there."""

    def __init__(self, folder, monkeypatch, source, raw=None):
        self.name = f"written_net_{next(NUMBERS)}"
        self.file = folder / f"{self.name}.py"
        self.file.write_bytes(raw if raw is not None else source.encode())
        monkeypatch.syspath_prepend(str(folder))
        monkeypatch.setattr(sys, "dont_write_bytecode", True)
        importlib.invalidate_caches()
        self.module = importlib.import_module(self.name)

    def report(self, batch=X):
        model = self.module.Net()
        with torch.no_grad():
            model(batch)  # what a first pass makes is there
        return sp.measure(model, batch, "gradient_variance")

    def edits(self, remedy, batch=X):
        return edits_of(self.report(batch), remedy)

    def lines(self, remedy, batch=X):
        return [line.strip() for edit in self.edits(remedy, batch) for line in edit.after.split("\n")]


def net(made="", ran="return self.head(self.fc(x))", more=""):
    """A class with two layers, other lines in its ``__init__``, and a forward pass."""
    return f"""
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc = nn.Linear(24, 24)
        self.head = nn.Linear(24, 4)
{textwrap.indent(textwrap.dedent(made), " " * 8)}
    def forward(self, x):
{textwrap.indent(textwrap.dedent(ran), " " * 8)}
{textwrap.dedent(more)}
"""


def sequential(*made, more=""):
    """A class whose attribute ``net`` is a ``Sequential`` of these."""
    return net(f"self.fc = self.head = None\nself.net = nn.Sequential({', '.join(made)})\n{more}", "return self.net(x)")


FIRST, LAST = "nn.Linear(24, 24)", "nn.Linear(24, 4)"
