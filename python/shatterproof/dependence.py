# SPDX-License-Identifier: Apache-2.0
"""Which numbers come from which, whether derivatives pass or not."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import torch
from torch import Tensor

from .arguments import tensors_in
from .operators import sources_of, written_by


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
        self._names = list(named)
        self._sources: dict[int, int] = {}  # by memory, a bit for each name
        self._held: list[Tensor] = []  # no memory is given to another
        for number, tensor in enumerate(named.values()):
            self._add(tensor, 1 << number)

    def called(self, function: Any, args: Sequence[Any], kwargs: Mapping[str, Any], result: Any) -> None:
        """A function has been called."""
        sources = self._bits(sources_of(function, args, kwargs))
        if sources:
            written = written_by(function, args, kwargs)
            for tensor in [*tensors_in(result), *([written] if written is not None else [])]:
                self._add(tensor, sources)

    def of(self, tensors: Iterable[Tensor]) -> set[str]:
        """The names whose numbers have gone into any of these."""
        bits = self._bits(tensors)
        return {name for number, name in enumerate(self._names) if bits >> number & 1}

    def _bits(self, tensors: Iterable[Tensor]) -> int:
        bits = 0
        for tensor in tensors:
            bits |= self._sources.get(_memory(tensor), 0)
        return bits

    def _add(self, tensor: Tensor, bits: int) -> None:
        memory = _memory(tensor)
        if memory:
            self._sources[memory] = self._sources.get(memory, 0) | bits
            self._held.append(tensor)
