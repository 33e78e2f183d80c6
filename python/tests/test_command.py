# SPDX-License-Identifier: Apache-2.0
"""The command line, in process, and networks of the library."""

import subprocess
import sys
from pathlib import Path

import shatterproof as sp
from shatterproof import _native


def test_the_command_line_is_the_programs():
    code, out, err = _native.captured_command(["--version"])
    assert code == 0 and out == f"shatterproof {sp.__version__}\n" and not err
    code, _, err = _native.captured_command(["chekc"])
    assert code == 2 and err.startswith("shatterproof: ")


def test_the_version_is_that_of_the_package():
    said = (Path(__file__).resolve().parents[2] / "pyproject.toml").read_text()
    assert f'version = "{sp.__version__}"' in said


def test_the_module_runs_as_a_program():
    done = subprocess.run([sys.executable, "-m", "shatterproof.command", "list"], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert "measurements" in done.stdout


def test_a_family_is_built_and_read_again(tmp_path):
    network = sp.build("residual:depth=3,width=16", tmp_path / "net.onnx")
    again = sp.load(tmp_path / "net.onnx")
    assert again.parameter_count == network.parameter_count == sp.family("residual:depth=3,width=16").parameter_count
    assert again.operators == network.operators
