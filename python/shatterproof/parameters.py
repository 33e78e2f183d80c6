# SPDX-License-Identifier: Apache-2.0
"""Numbers of the library's graph written into a module's parameters."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor, nn


def written_into(model: nn.Module, values: Mapping[str, Tensor]) -> list[str]:
    """Writes values into parameters and buffers of these names.

    Returns
    -------
    The names that are none of the module's, or of another shape: nothing is written for these.
    """
    own = {**dict(model.named_buffers()), **dict(model.named_parameters())}
    left = []
    with torch.no_grad():
        for name, value in values.items():
            fitting = _fitting(own.get(name), value)
            if fitting is None:
                left.append(name)
            else:
                own[name].copy_(fitting.to(own[name].device))
    return left


def _fitting(parameter: Tensor | None, value: Tensor) -> Tensor | None:
    if parameter is None:
        return None
    if value.dim() == parameter.dim() + 1 and value.size(0) == 1:  # the one direction of a recurrent layer
        value = value[0]
    return value if value.shape == parameter.shape else None
