# SPDX-License-Identifier: Apache-2.0
"""Numbers of the library's graph written into a module's parameters."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor, nn

_AND = " + "  # joins the names of a recurrent layer's two biases, which are one parameter of ONNX's node

#: Of each kind of recurrent layer the number of its gates.
GATES = {"LSTM": 4, "GRU": 3, "RNN": 1}

#: By the number of gates: which of PyTorch's each of ONNX's is, of LSTM and GRU.
_GATES = {4: (0, 3, 1, 2), 3: (1, 0, 2)}


def joint_name(names: tuple[str, str]) -> str:
    """The name of both biases of a recurrent layer."""
    return _AND.join(names)


def joint_biases(biases: tuple[Tensor, Tensor], gates: int) -> Tensor:
    """Both biases of a recurrent layer as ONNX has them, [2 gates units]."""
    order = _GATES.get(gates, range(gates))
    return torch.cat([bias.chunk(gates)[gate] for bias in biases for gate in order])


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
            fitting = _fitting(own, name, value)
            if not fitting:
                left.append(name)
            for one, numbers in fitting.items():
                own[one].copy_(numbers.to(own[one].device))
    return left


def _fitting(own: Mapping[str, Tensor], name: str, value: Tensor) -> dict[str, Tensor]:
    """What goes into which tensor of the module's; empty where it does not fit."""
    if _AND in name:
        return _parted(own, name.split(_AND), value)
    parameter = own.get(name)
    if parameter is None:
        return {}
    if value.dim() == parameter.dim() + 1 and value.size(0) == 1:  # the one direction of a recurrent layer
        value = value[0]
    return {name: value} if value.shape == parameter.shape else {}


def _parted(own: Mapping[str, Tensor], names: list[str], value: Tensor) -> dict[str, Tensor]:
    weight = own.get(names[-1].replace("bias_hh", "weight_hh"))
    if weight is None or any(name not in own or 2 * own[name].numel() != value.numel() for name in names):
        return {}
    projection = own.get(names[-1].replace("bias_hh", "weight_hr"))  # of states that an LSTM makes smaller
    gates = weight.size(0) // (weight.size(1) if projection is None else projection.size(1))
    order = _GATES.get(gates, range(gates))
    parts = [half.chunk(gates) for half in value.flatten().chunk(2)]
    return {
        name: torch.cat([part[list(order).index(gate)] for gate in range(gates)]) for name, part in zip(names, parts)
    }
