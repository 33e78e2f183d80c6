# SPDX-License-Identifier: Apache-2.0
"""Networks of the library: from files, and of built-in families."""

from __future__ import annotations

import os

from . import _native


def load(path: str | os.PathLike[str]) -> _native.Network:
    """Reads an ONNX model.

    Raises
    ------
    IoError
        When the file cannot be read.
    ValueError
        When it holds no model that can be run here.
    """
    return _native.load(os.fspath(path))


def family(spec: str) -> _native.Network:
    """The network that a spec like ``"residual:depth=50,norm=batch"`` names, its weights zero until initialized."""
    return _native.family(spec)


def build(spec: str, path: str | os.PathLike[str], *, init: str = "he", seed: int = 1) -> _native.Network:
    """Writes a network of a family, its weights drawn by a scheme, as an ONNX model, and returns it."""
    network = _native.family(spec).initialized(init, seed)
    network.save(os.fspath(path))
    return network
