# SPDX-License-Identifier: Apache-2.0
"""A missing, an old or another PyTorch is said in one line, where the package is built and where it is imported."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import shatterproof as sp

ROOT = Path(__file__).resolve().parents[2]


def imported_beside(torch):
    code = f"import sys, types; sys.modules['torch'] = {torch}; import shatterproof"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode != 0
    return done.stderr.splitlines()[-1]


def of_version(version):
    return f"types.SimpleNamespace(__version__='{version}')"


@pytest.mark.parametrize(
    "torch,words",
    [
        ("None", "shatterproof: PyTorch must be installed (pip install torch); it is not"),
        (of_version("1.12.1+cu113"), "shatterproof: PyTorch must be 1.13 or later; it is 1.12.1+cu113"),
        (of_version("9.9.0a0"), "it is 9.9.0a0: install shatterproof again"),
    ],
)
def test_the_import_says_which_torch_is_wanted(torch, words):
    assert words in imported_beside(torch)


@pytest.mark.parametrize("version", ["2.13.0+cpu", "2.13.1", "2.13.0a0+git1234", "2.13.0.dev20260101"])
def test_what_a_version_is_built_for_does_not_count(version):
    assert sp._installed.release(version) == (2, 13)


def configured(folder, *options):
    if shutil.which("cmake") is None:
        pytest.skip("needs CMake")
    words = ["cmake", "-S", str(ROOT), "-B", str(folder / "build"), "-DSHATTERPROOF_BUILD_TESTS=OFF", *options]
    done = subprocess.run(words, capture_output=True, text=True)
    assert done.returncode != 0
    return " ".join(done.stderr.split())


def test_a_build_without_torch_says_so(tmp_path):
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(tmp_path / "empty")], check=True)
    python = tmp_path / "empty" / "bin" / "python"
    said = configured(tmp_path, "-DSKBUILD=ON", "-DSHATTERPROOF_BUILD_PYTHON=ON", f"-DPython_EXECUTABLE={python}")
    assert "PyTorch is missing where the package is to be installed: pip install torch there first" in said


@pytest.mark.parametrize(
    "version,flags,words",
    [
        ("1.12.1", "", "LibTorch must be 1.13 or later"),
        ("2.4.0", 'set(TORCH_CXX_FLAGS "-D_GLIBCXX_USE_CXX11_ABI=0")', "LibTorch 2.4.0 in"),
    ],
)
def test_a_build_with_an_unfit_torch_says_so(version, flags, words, tmp_path):
    configs = tmp_path / "torch" / "share" / "cmake" / "Torch"
    configs.mkdir(parents=True)
    (configs / "TorchConfigVersion.cmake").write_text(f'set(PACKAGE_VERSION "{version}")\n')
    (configs / "TorchConfig.cmake").write_text(flags + "\n")
    assert words in configured(tmp_path, f"-DCMAKE_PREFIX_PATH={tmp_path / 'torch'}")
