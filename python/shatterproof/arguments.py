# SPDX-License-Identifier: Apache-2.0
"""The arguments of a call, by their places or by their names."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import torch


def tensors_in(value: Any) -> list[torch.Tensor]:
    """All tensors in nested sequences and mappings, in order."""
    if isinstance(value, torch.Tensor):
        return [value]
    if isinstance(value, Mapping):
        return [t for item in value.values() for t in tensors_in(item)]
    if isinstance(value, (tuple, list)):
        return [t for item in value for t in tensors_in(item)]
    return []


#: How else PyTorch lets arguments be named: as NumPy does.
_SPELLINGS = {"input": ("x", "a", "x1"), "other": ("x2",), "dim": ("axis",)}


def argument(args: Sequence[Any], kwargs: Mapping[str, Any], position: int, name: str, otherwise: Any = None) -> Any:
    """The argument at a position or of that name, however PyTorch lets it be spelled."""
    if len(args) > position:
        return args[position]
    return next((kwargs[said] for said in (name, *_SPELLINGS.get(name, ())) if said in kwargs), otherwise)


def first_operand(args: Sequence[Any], kwargs: Mapping[str, Any]) -> torch.Tensor | None:
    """The tensor that a call is about, by its place or by its name; ``None`` where it is given none."""
    if args and isinstance(args[0], torch.Tensor):
        return args[0]
    others = {name: value for name, value in kwargs.items() if name != "out"}
    given = tensors_in([*args, argument((), kwargs, 0, "input"), others])
    return given[0] if given else None
