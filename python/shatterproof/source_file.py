# SPDX-License-Identifier: Apache-2.0
"""Files of the user's as they are now, and whether that is what has run."""

from __future__ import annotations

import ast
import hashlib
import io
import linecache
import os
import tokenize
import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from types import CodeType
from typing import Any


@dataclass(frozen=True)
class SourceFile:
    """A file in UTF-8 without a byte order mark, or a cell of a notebook.

    Attributes
    ----------
    text
        With its own ends of lines.
    on_disk
        Whether it is a file. The text of a cell is kept by whoever compiled it, under a name of its own.
    """

    name: str
    text: str
    on_disk: bool

    @staticmethod
    def of(name: str) -> SourceFile | None:
        """``None`` where it cannot be read, or has bytes that a patch may not carry."""
        on_disk = os.path.isfile(name)
        try:
            data = Path(name).read_bytes() if on_disk else _cell(name)
            if tokenize.detect_encoding(io.BytesIO(data).readline)[0] != "utf-8":
                return None
            text = data.decode()
        except (OSError, SyntaxError, ValueError):
            return None
        return None if not text or "\r" in text.replace("\r\n", "") else SourceFile(name, text, on_disk)

    @property
    def lines(self) -> list[str]:
        """Without their ends."""
        return [line.removesuffix("\r") for line in self.text.split("\n")]

    @property
    def digest(self) -> str:
        """Tells this text from others."""
        return hashlib.sha256(self.text.encode()).hexdigest()

    def is_of(self, code: CodeType) -> bool:
        """Whether a function, or the whole, that has run is what this text says, line by line."""
        if code.co_filename != self.name:
            return False
        if not self.on_disk:
            return True
        return any(_is_one(code, own) for own in _compiled(self.name, self.text).get(_key(code), ()))


def parsed(text: str) -> ast.Module:
    """The tree of a text, without Python's warnings of it."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return ast.parse(text)


def _cell(name: str) -> bytes:
    entry = linecache.cache.get(name)
    return "".join(entry[2]).encode() if entry is not None and len(entry) == 4 and entry[1] is None else b""


def _key(code: CodeType) -> tuple[str, int]:
    return code.co_name, code.co_firstlineno


@lru_cache(maxsize=64)
def _compiled(name: str, text: str) -> Mapping[tuple[str, int], list[CodeType]]:
    found: dict[tuple[str, int], list[CodeType]] = {}
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            rest = [compile(text, name, "exec", dont_inherit=True)]
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return found
    while rest:
        code = rest.pop()
        found.setdefault(_key(code), []).append(code)
        rest += [one for one in code.co_consts if isinstance(one, CodeType)]
    return found


_COMPARED = "co_name co_firstlineno co_flags co_code co_names co_varnames co_freevars co_cellvars".split()


def _is_one(a: CodeType, b: CodeType) -> bool:
    if any(getattr(a, name) != getattr(b, name) for name in _COMPARED) or _places(a) != _places(b):
        return False
    return len(a.co_consts) == len(b.co_consts) and all(map(_is_one_constant, a.co_consts, b.co_consts))


def _places(code: CodeType) -> list[Any]:
    return list(code.co_positions() if hasattr(code, "co_positions") else code.co_lines())


def _is_one_constant(a: Any, b: Any) -> bool:
    if isinstance(a, CodeType) and isinstance(b, CodeType):
        return _is_one(a, b)
    return type(a) is type(b) and (a == b if isinstance(a, frozenset) else repr(a) == repr(b))
