# SPDX-License-Identifier: Apache-2.0
"""Weights of a pass that the model does not list."""

from __future__ import annotations

import os
from collections.abc import Sequence

from torch import Tensor, nn

from .graph import Line

_MOST_SHAPES = 3


def unregistered(model: nn.Module, outputs: Sequence[Tensor]) -> list[nn.Parameter]:
    """The parameters that derivatives of the outputs lead to and that are none of the model's.

    While a pass is followed its own require no gradient, and what is frozen or detached on purpose has no derivative.
    """
    own = {id(parameter) for parameter in model.parameters()}
    left = [output.grad_fn for output in outputs if output.grad_fn is not None]
    seen = set(left)
    found: dict[int, nn.Parameter] = {}
    while left:
        derivative = left.pop()
        leaf = getattr(derivative, "variable", None)
        if isinstance(leaf, nn.Parameter) and id(leaf) not in own:
            found[id(leaf)] = leaf
        before = [one for one, _ in derivative.next_functions if one is not None and one not in seen]
        seen.update(before)
        left += before
    return list(found.values())


def remark_on(weights: Sequence[tuple[nn.Parameter, Line | None]]) -> str:
    """What is to be said of such weights and the lines that read them; empty where there are none."""
    if not weights:
        return ""
    shapes, line = [str(list(weight.shape)) for weight, _ in weights], weights[0][1]
    named = ", ".join(shapes[:_MOST_SHAPES]) + (", ..." if len(shapes) > _MOST_SHAPES else "")
    count = f"{len(shapes)} weights of the pass are" if len(shapes) > 1 else "a weight of the pass is"
    none, them = ("no parameters", "them") if len(shapes) > 1 else ("no parameter", "it")
    place = f"; {os.path.basename(line.file)}:{line.number}" if line is not None else ""
    return (
        f"{count} {none} of the model ({named}{place}), as model.parameters() lists them, and no optimizer moves "
        f"{them}: layers in a Python list? nn.ModuleList registers them"
    )
