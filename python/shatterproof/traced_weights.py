# SPDX-License-Identifier: Apache-2.0
"""The tensors of a pass that depend on no input: the model's own, what is computed of them, and constants."""

from __future__ import annotations

import weakref
from collections.abc import Sequence
from typing import NamedTuple

from torch import Tensor


class Names:
    """Names that are taken once."""

    def __init__(self) -> None:
        self._taken: dict[str, int] = {}

    def unique(self, name: str) -> str:
        """The name, with a number from the second time on."""
        count = self._taken.get(name, 0) + 1
        self._taken[name] = count
        return name if count == 1 else self.unique(f"{name}_{count}")


class _Weight(NamedTuple):
    """A tensor, its name, and the names of those that it was computed from."""

    tensor: weakref.ref[Tensor]
    name: str
    sources: frozenset[str]


class TracedWeights:
    """Knows the weights of one pass by the identity of their tensors.

    Parameters
    ----------
    own
        The model's parameters and buffers, by their paths; of two that share a name the later gets a number.
    names
        Where the names of the pass are taken.

    Attributes
    ----------
    own
        The model's parameters and buffers, by their names in the pass.
    used
        The weights that nodes read, by name, as they were read: an embedding's table transposed, say.
    """

    def __init__(self, own: Sequence[tuple[str, Tensor]], names: Names) -> None:
        self.own: dict[str, Tensor] = {}
        self.used: dict[str, Tensor] = {}
        self._names = names
        self._known: dict[int, _Weight] = {}
        self._scaled_by_themselves: set[str] = set()
        self._used_as: dict[tuple[object, ...], str] = {}
        for name, tensor in own:
            unique = names.unique(name)
            self.own[unique] = tensor
            self._remember(tensor, unique, frozenset({unique}))

    def name_of(self, tensor: Tensor) -> str | None:
        """The name of a weight; ``None`` where the tensor is none that was met."""
        known = self._of(tensor)
        return known.name if known is not None else None

    def derive(self, tensors: Sequence[Tensor], results: Sequence[Tensor]) -> None:
        """What is computed of weights alone is a weight, named for the largest of them."""
        weights = [(t.numel(), known) for t in tensors if (known := self._of(t)) is not None]
        if not weights:
            return
        size, largest = max(weights, key=lambda one: one[0])
        if any(largest.name in known.sources for numbers, known in weights if numbers < size):
            self._scaled_by_themselves.add(largest.name)
        sources = frozenset().union(*(known.sources for _, known in weights))
        for tensor in results:
            if self._of(tensor) is None:
                self._remember(tensor, largest.name, sources)

    def read(self, tensor: Tensor, node: str) -> str:
        """The name under which a node of that name reads a weight; what was never met is a constant of the node."""
        name = self.name_of(tensor)
        if name is None:
            name = self._names.unique(f"{node}.constant")
            self._remember(tensor, name, frozenset({name}))
        own = self.own.get(name)
        if own is None:
            self.used.setdefault(name, tensor.detach())
            return name
        if tensor is own:
            self.used[name] = tensor.detach()
            return name
        return self._computed(tensor, name, own)

    def _of(self, tensor: Tensor) -> _Weight | None:
        known = self._known.get(id(tensor))
        return known if known is not None and known.tensor() is tensor else None

    def _remember(self, tensor: Tensor, name: str, sources: frozenset[str]) -> None:
        self._known[id(tensor)] = _Weight(weakref.ref(tensor), name, sources)

    def _computed(self, tensor: Tensor, name: str, own: Tensor) -> str:
        """The name of what was computed from a weight: the weight's, where it has all numbers, else one of its own."""
        if name in self._scaled_by_themselves and tensor.shape == own.shape:
            tensor = own  # what they are divided by tells nothing of who drew them
        known = self.used.get(name)
        if tensor.numel() == own.numel() and (known is None or _is_one(known, tensor)):
            self.used[name] = tensor.detach()
            return name
        place = (name, tensor.shape, tensor.stride(), tensor.data_ptr())
        used_as = self._used_as.get(place)
        if used_as is None:
            used_as = self._used_as[place] = self._names.unique(f"{name} as [{', '.join(map(str, tensor.shape))}]")
            self.used[used_as] = tensor.detach()  # whose memory nobody else gets
        return used_as


def _is_one(a: Tensor, b: Tensor) -> bool:
    """Whether two tensors are the same numbers at the same place."""
    return a.shape == b.shape and a.stride() == b.stride() and a.data_ptr() == b.data_ptr()
