# SPDX-License-Identifier: Apache-2.0
"""Spectral norms that no pass has estimated yet."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.functional import normalize
from torch.nn.utils.spectral_norm import SpectralNorm

ITERATIONS = 15  # of the power method: what PyTorch's parametrization begins with

# Of the norm. Vectors that were iterated once with Gaussian weights of any shape give about 0.7 of it or more, random
# ones about 1 / (sqrt(rows) + sqrt(columns)).
_LEAST_ESTIMATE = 0.5


def has_spectral_norms(model: nn.Module) -> bool:
    """Whether there is one of PyTorch's."""
    return next(_norms(model), None) is not None


def settle_spectral_norms(model: nn.Module) -> int:
    """Where singular vectors were not made with the weight: writes those that passes in training come to.

    Returns
    -------
    How many there were. A norm is left alone where its vectors give at least half of it: a training has run it, or
    PyTorch when it was made.
    """
    settled = 0
    with torch.no_grad():
        for matrix, u, v, eps in _norms(model):
            left, right = _iterated(matrix, u.to(matrix.dtype), eps)
            largest = torch.dot(left, torch.mv(matrix, right))
            if torch.dot(u.to(matrix.dtype), torch.mv(matrix, v.to(matrix.dtype))) < _LEAST_ESTIMATE * largest:
                u.copy_(left)
                v.copy_(right)
                settled += 1
    return settled


def _iterated(matrix: Tensor, u: Tensor, eps: float) -> tuple[Tensor, Tensor]:
    for _ in range(ITERATIONS):
        v = normalize(torch.mv(matrix.t(), u), dim=0, eps=eps)
        u = normalize(torch.mv(matrix, v), dim=0, eps=eps)
    return u, v


def _wide(matrix: Tensor) -> Tensor:
    """In a type that every processor multiplies."""
    return matrix.float() if matrix.element_size() < 4 else matrix


def _norms(model: nn.Module) -> Iterator[tuple[Tensor, Tensor, Tensor, float]]:
    """Of each spectral norm of PyTorch's the weight as a matrix, the singular vectors and the smallest length."""
    for module in model.modules():
        for hook in module._forward_pre_hooks.values():
            if isinstance(hook, SpectralNorm):
                weight, u, v = (getattr(module, hook.name + end) for end in ("_orig", "_u", "_v"))
                yield _wide(hook.reshape_weight_to_matrix(weight.detach())), u, v, hook.eps
        yield from _parametrized(module)


def _parametrized(module: nn.Module) -> Iterator[tuple[Tensor, Tensor, Tensor, float]]:
    parametrizations: Any = getattr(module, "parametrizations", None)
    if not isinstance(parametrizations, nn.ModuleDict):
        return
    chain: Any
    for chain in parametrizations.values():
        first: Any = chain[0]  # what is behind another parametrization has no weight of its own
        if type(first).__name__ == "_SpectralNorm" and hasattr(first, "_u"):
            yield _wide(first._reshape_weight_to_matrix(chain.original.detach())), first._u, first._v, first.eps
