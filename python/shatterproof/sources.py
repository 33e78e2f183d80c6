# SPDX-License-Identifier: Apache-2.0
"""Where in the user's sources a call was made."""

from __future__ import annotations

import os
import sys
import sysconfig
from collections.abc import Mapping
from types import FrameType

import torch

from .graph import Line

_OWN = os.path.dirname(os.path.abspath(__file__)) + os.sep
_TORCH = os.path.dirname(os.path.abspath(torch.__file__)) + os.sep
_INSTALLED = tuple(
    {
        os.path.realpath(path) + os.sep
        for key in ("purelib", "platlib", "stdlib", "platstdlib")
        for path in (sysconfig.get_path(key),)
        if path
    }
    | {path for folder in ("site-packages", "dist-packages") for path in (os.sep + folder + os.sep,)}
)


def _is_ours_or_torch(file: str) -> bool:
    return file.startswith((_OWN, _TORCH)) or file.startswith("<frozen") or file == "<string>"


def is_installed(file: str) -> bool:
    """Whether a file belongs to an installed package or to Python itself."""
    return file.startswith(_INSTALLED) or "site-packages" in file or "dist-packages" in file


def held_as(model: torch.nn.Module) -> list[tuple[Line, str]]:
    """Names that hold a model where the user is, innermost first, and the lines that are run there."""
    found = []
    frame: FrameType | None = sys._getframe(1)
    while frame is not None:
        file = frame.f_code.co_filename
        if not _is_ours_or_torch(file) and not is_installed(file):
            names = [name for name, value in frame.f_locals.items() if value is model]
            found += [(Line(file, frame.f_lineno), name) for name in names]
        frame = frame.f_back
    return found


class Place:
    """The module that makes a call, and the lines from which it is made.

    Parameters
    ----------
    names
        Paths of the model's modules by identity.
    """

    def __init__(self, names: Mapping[int, str]) -> None:
        self.module: str | None = None
        self.instance: torch.nn.Module | None = None
        self.source: Line | None = None
        self.caller: Line | None = None
        frame: FrameType | None = sys._getframe(2)
        while frame is not None and (self.module is None or self.source is None or self.caller is None):
            self._visit(frame, names)
            frame = frame.f_back
        if self.source is None:
            self.source = self.caller

    def _visit(self, frame: FrameType, names: Mapping[int, str]) -> None:
        code = frame.f_code
        if not _is_ours_or_torch(code.co_filename):
            line = Line(code.co_filename, frame.f_lineno)
            if self.source is None:
                self.source = line
            if self.caller is None and not is_installed(code.co_filename):
                self.caller = line
        if self.module is None and code.co_argcount > 0:
            owner = frame.f_locals.get(code.co_varnames[0])
            if isinstance(owner, torch.nn.Module) and id(owner) in names:
                self.module = names[id(owner)]
                self.instance = owner
