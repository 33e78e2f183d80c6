# SPDX-License-Identifier: Apache-2.0
"""The Python of the documents runs, every block of it, and the examples do."""

import json
import os
import re
import subprocess
import sys
import types
import warnings
from pathlib import Path

import pytest
import torch
from torch import nn

import shatterproof as sp
from shatterproof._installed import release

ROOT = Path(__file__).resolve().parents[2]
DOCUMENTS = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]


def blocks_of(document):
    """Blocks that use PyTorch or this package; tests/cli/documents_test.py runs the others."""
    text = document.read_text(encoding="utf-8")
    blocks = re.findall(r"^```python\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)
    return [block for block in blocks if re.search(r"\b(torch|sp|shatterproof)\b", block)]


def of_this_torch(block):
    """Without the lines whose comment says that they are for another PyTorch: "before 2.9", "from 2.9 on"."""
    kept = []
    for line in block.splitlines():
        before, since = re.search(r"# before (\d+\.\d+)$", line), re.search(r"# from (\d+\.\d+) on$", line)
        if before and release(torch.__version__) >= release(before[1]):
            continue
        if since and release(torch.__version__) < release(since[1]):
            continue
        kept.append(line)
    return "\n".join(kept)


class Logger:
    def log(self, values):
        assert all(isinstance(value, float) for value in values.values())


def stand_ins():
    """What a reader has: a model with its batch and a loop over some."""
    torch.manual_seed(1)
    model = nn.Sequential(nn.Linear(8, 16), nn.ReLU(), nn.Linear(16, 16), nn.ReLU(), nn.Linear(16, 3))
    x, y = torch.randn(16, 8), torch.randint(0, 3, (16,))
    return {
        "model": model,
        "batch": x,
        "x": x,
        "y": y,
        "labels": y,
        "loader": [(x, y)],
        "my_loss": nn.functional.cross_entropy,
        "logger": Logger(),
        "torch": torch,
        "nn": nn,
        "sp": sp,
    }


WITH_PYTHON = [document for document in DOCUMENTS if blocks_of(document)]


def test_there_are_documents_with_python():
    assert {"README.md", "pytorch.md"} <= {document.name for document in WITH_PYTHON}


@pytest.mark.parametrize("document", WITH_PYTHON, ids=[str(d.relative_to(ROOT)) for d in WITH_PYTHON])
def test_the_python_of_a_document_runs(document, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    warnings.simplefilter("ignore")
    # A module as after an import: what a block defines, its later blocks and its functions see.
    reader = types.ModuleType("reader")
    reader.__dict__.update(stand_ins())
    for number, block in enumerate(blocks_of(document)):
        code = of_this_torch(block)
        if "torch.onnx.export" in code:
            pytest.importorskip("onnx")
            if "dynamo=True" in code:
                pytest.importorskip("onnxscript")
        exec(compile(code, f"{document.name}, block {number + 1}", "exec"), reader.__dict__)


@pytest.mark.parametrize("example", sorted((ROOT / "examples").glob("*.py")), ids=lambda path: path.name)
def test_an_example_runs(example, tmp_path):
    done = subprocess.run(
        [sys.executable, "-W", "ignore", str(example)],
        capture_output=True,
        text=True,
        cwd=tmp_path,
        env=dict(os.environ),
    )
    assert done.returncode == 0, done.stderr
    assert "Plain" in done.stdout and "Residual" in done.stdout


@pytest.mark.parametrize("notebook", sorted((ROOT / "docs" / "notebooks").glob("*.ipynb")), ids=lambda path: path.stem)
def test_a_notebook_runs(notebook, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    warnings.simplefilter("ignore")
    reader = types.ModuleType("__main__")
    cells = json.loads(notebook.read_text(encoding="utf-8"))["cells"]
    code = ["".join(cell["source"]) for cell in cells if cell["cell_type"] == "code"]
    assert len(code) >= 3
    for number, source in enumerate(code):
        exec(compile(source, f"<ipython-input-{number + 1}-{notebook.stem}>", "exec"), reader.__dict__)


def test_every_module_of_the_package_is_said_what_it_says():
    rows = re.findall(r"^\| (`\w+\.py`.*?) \|", (ROOT / "docs" / "python.md").read_text(encoding="utf-8"), re.MULTILINE)
    said = [name for row in rows for name in re.findall(r"`(\w+\.py)`", row)]
    written = {path.name for path in (ROOT / "python" / "shatterproof").glob("*.py")} - {"__init__.py"}
    assert sorted(said) == sorted(written | {"_built_with.py"})
