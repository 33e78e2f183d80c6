# SPDX-License-Identifier: Apache-2.0
"""The line that a layer is placed at is the one of the user's that calls it."""

import importlib
import linecache
import sys
import textwrap

import models
import pytest
import torch
import torch.nn.functional as F
from torch import nn

import shatterproof as sp
from shatterproof import live_model
from shatterproof.sources import held_as

X = torch.randn(8, 16)


def lines_of(model, batch=X):
    """Of every node its name, the text of the line it is placed at, and the file of that."""
    graph = sp.measure(model, batch, "gradient_variance").graph
    found = {}
    for node in graph.nodes:
        line = node.caller or node.source
        found[node.name] = (linecache.getline(line.file, line.number).strip(), line.file)
    return found


def too_small():
    """Weights from which nothing reaches the output, so that advice is tried."""
    net = models.Mlp(width=16, depth=12)
    with torch.no_grad():
        for layer in net.layers:
            layer.weight.mul_(0.05)
    return net


def marked(model, mark, *names):
    found = lines_of(model)
    for name in names:
        assert found[name][0].endswith("# " + mark), (name, found[name])


class Calls(nn.Module):
    def __init__(self):
        super().__init__()
        self.body = nn.Sequential(nn.Linear(16, 16), nn.Sequential(nn.ReLU(), nn.Linear(16, 16)))
        self.layers = nn.ModuleList(nn.Linear(16, 16) for _ in range(3))
        self.head = nn.Linear(16, 3)

    def forward(self, x):
        x = self.body(x)  # sequential
        for layer in self.layers:
            y = layer(x)  # loop
            x = F.relu(y) + x  # residual
        return self.head(x)  # head


def test_the_layers_of_a_sequential_are_placed_where_it_is_called():
    marked(Calls(), "sequential", "body.0", "body.1.0", "body.1.1")


def test_the_layers_of_a_loop_are_placed_in_its_body():
    marked(Calls(), "loop", "layers.0", "layers.1", "layers.2")


def test_a_functional_residual_is_placed_at_its_sum():
    marked(Calls(), "residual", "relu", "add", "relu_3", "add_3")


def test_a_sequential_alone_is_placed_where_it_is_checked():
    net = nn.Sequential(nn.Linear(16, 16), nn.ReLU(), nn.Linear(16, 4))
    report = sp.measure(net, X, "gradient_variance")  # checked
    for node in report.graph.nodes:
        line = node.caller or node.source
        assert line.file == __file__ and "# checked" in linecache.getline(line.file, line.number)


def test_who_holds_the_model_is_asked_of_its_own_pass_alone(monkeypatch):
    asked = []

    def asking(model, run):
        asked.append(model)
        return held_as(model, run)

    monkeypatch.setattr(live_model, "held_as", asking)
    net = too_small()
    sp.check(net, X, rehearsal_seconds=5)
    assert asked == [net]


CELL = """
class Cell(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc = nn.Linear(16, 16)
    def forward(self, x):
        x = x + torch.relu(self.fc(x))
        return x
"""


@pytest.mark.parametrize("name", ["<ipython-input-3-abc>", "/tmp/ipykernel_71/2912.py"])
def test_a_class_of_a_notebook_cell_is_placed_in_the_cell(name):
    linecache.cache[name] = (len(CELL), None, CELL.splitlines(keepends=True), name)  # as IPython does
    scope = {"nn": nn, "torch": torch, "__name__": "cell"}
    exec(compile(CELL, name, "exec"), scope)
    found = lines_of(scope["Cell"]())
    assert found["fc"] == ("x = x + torch.relu(self.fc(x))", name)
    assert found["add"][1] == name


def test_a_cell_that_nobody_kept_has_a_line_all_the_same():
    scope = {"nn": nn, "torch": torch, "__name__": "cell"}
    exec(compile(CELL, "<ipython-input-4-abc>", "exec"), scope)
    graph = sp.measure(scope["Cell"](), X, "gradient_variance").graph
    assert str(graph.nodes[0].source) == "<ipython-input-4-abc>:7"


LIBRARY = """
from torch import nn
class Block(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc = nn.Linear(16, 16)
    def forward(self, x):
        return x + self.fc(x)
"""

USER = """
import installed_blocks
from torch import nn
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.block = installed_blocks.Block()
        self.head = nn.Linear(16, 3)
    def forward(self, x):
        x = self.block(x)  # library
        return self.head(x)  # head
"""


def test_a_layer_of_an_installed_library_is_placed_where_the_user_calls_the_library(tmp_path, monkeypatch):
    packages = tmp_path / "lib" / "site-packages"
    packages.mkdir(parents=True)
    (packages / "installed_blocks.py").write_text(textwrap.dedent(LIBRARY))
    (tmp_path / "user_net.py").write_text(textwrap.dedent(USER))
    for folder in (packages, tmp_path):
        monkeypatch.syspath_prepend(str(folder))
    importlib.invalidate_caches()
    net = importlib.import_module("user_net").Net()
    try:
        marked(net, "library", "block.fc", "block.add")
        marked(net, "head", "head")
        graph = sp.measure(net, X, "gradient_variance").graph
        assert graph.node("block.fc").source.file.endswith("installed_blocks.py"), "the inner line is known too"
    finally:
        for name in ("user_net", "installed_blocks"):
            sys.modules.pop(name, None)
