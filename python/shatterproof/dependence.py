# SPDX-License-Identifier: Apache-2.0
"""Which numbers come from which, whether derivatives pass or not."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import torch
from torch import Tensor

from .operators import MAKERS, name_of, tensors_in, written_by


def _memory(tensor: Tensor) -> int:
    """Where its numbers lie: those of views, of what is detached and of arrays made of it lie there too."""
    if tensor.layout is not torch.strided:
        return id(tensor)
    held: Any = tensor
    storage = held.untyped_storage() if hasattr(held, "untyped_storage") else held.storage()
    return int(storage.data_ptr())


class Dependence:
    """Of every tensor that a pass makes the named tensors whose numbers have gone into it.

    Parameters
    ----------
    named
        Tensors by name.
    """

    def __init__(self, named: Mapping[str, Tensor]) -> None:
        self._sources: dict[int, set[str]] = {}
        self._held: list[Tensor] = []  # no memory is given to another
        for name, tensor in named.items():
            self._add(tensor, {name})

    def called(self, function: Any, args: Sequence[Any], kwargs: Mapping[str, Any], result: Any) -> None:
        """A function has been called."""
        if name_of(function) in MAKERS:
            return
        operands = [*tensors_in(args), *tensors_in(kwargs)]
        sources = self.of(operands)
        if sources:
            written = written_by(function, args, kwargs)
            for tensor in [*tensors_in(result), *([written] if written is not None else [])]:
                self._add(tensor, sources)

    def of(self, tensors: Iterable[Tensor]) -> set[str]:
        """The names whose numbers have gone into any of these."""
        found: set[str] = set()
        for tensor in tensors:
            found |= self._sources.get(_memory(tensor), set())
        return found

    def _add(self, tensor: Tensor, names: set[str]) -> None:
        memory = _memory(tensor)
        if memory:
            self._sources[memory] = self._sources.get(memory, set()) | names
            self._held.append(tensor)
