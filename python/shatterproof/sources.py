# SPDX-License-Identifier: Apache-2.0
"""Where in the user's sources a call was made."""

from __future__ import annotations

import os
import sys
import sysconfig
from collections.abc import Mapping
from itertools import islice
from types import CodeType, FrameType
from typing import Any

import torch

from .graph import Line, Span
from .source_file import SourceFile

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


class Run:
    """The user's files while a model runs, each read once."""

    def __init__(self) -> None:
        self._files: dict[str, SourceFile | None] = {}
        self._known: dict[int, tuple[CodeType, bool]] = {}

    def is_in_its_file(self, code: CodeType) -> bool:
        """Whether a function's file still says what runs."""
        if id(code) not in self._known:
            if code.co_filename not in self._files:
                self._files[code.co_filename] = SourceFile.of(code.co_filename)
            source = self._files[code.co_filename]
            self._known[id(code)] = (code, source is not None and source.is_of(code))
        return self._known[id(code)][1]

    @property
    def texts(self) -> dict[str, str]:
        """Of each file that was looked into what tells its text from others."""
        return {name: source.digest for name, source in self._files.items() if source is not None}


def held_as(model: torch.nn.Module, run: Run) -> list[tuple[Line, str]]:
    """Names that hold a model where the user is, innermost first, and the lines that are run there.

    Of functions whose file still says them.
    """
    found = []
    frame: FrameType | None = sys._getframe(1)
    while frame is not None:
        file = frame.f_code.co_filename
        if not _is_ours_or_torch(file) and not is_installed(file):
            names = [name for name, value in frame.f_locals.items() if value is model]
            if names and not run.is_in_its_file(frame.f_code):
                names = []
            found += [(Line(file, frame.f_lineno), name) for name in names]
        frame = frame.f_back
    return found


class Place:
    """The module that makes a call, and the lines from which it is made.

    Parameters
    ----------
    names
        Paths of the model's modules by identity.
    run
        The files, where the expression that makes the call is asked for.
    """

    def __init__(self, names: Mapping[int, str], run: Run | None = None) -> None:
        self._run = run
        self.module: str | None = None
        self.instance: torch.nn.Module | None = None
        self.source: Line | None = None
        self.caller: Line | None = None
        self.span: Span | None = None
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
                if self._run is not None and not is_installed(code.co_filename) and _is_method(frame):
                    self.span = _span_of(frame) if self._run.is_in_its_file(code) else None
            if self.caller is None and not is_installed(code.co_filename):
                self.caller = line
        if self.module is None and code.co_argcount > 0:
            owner = _first_of(frame)
            if isinstance(owner, torch.nn.Module) and id(owner) in names:
                self.module = names[id(owner)]
                self.instance = owner


def _first_of(frame: FrameType) -> Any:
    """What a function got as its first argument, as far as it still has it."""
    return frame.f_locals.get(frame.f_code.co_varnames[0])


def _is_method(frame: FrameType) -> bool:
    """Whether a module runs its own code: another function may have been called with other things too."""
    return frame.f_code.co_argcount > 0 and isinstance(_first_of(frame), torch.nn.Module)


def _span_of(frame: FrameType) -> Span | None:
    """Of the call that a frame is making."""
    if sys.version_info < (3, 11):
        return None
    line, end_line, column, end_column = next(islice(frame.f_code.co_positions(), frame.f_lasti // 2, None))
    if line is None or end_line is None or column is None or end_column is None:
        return None
    return Span(line, end_line, column, end_column)
