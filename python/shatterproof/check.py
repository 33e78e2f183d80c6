# SPDX-License-Identifier: Apache-2.0
"""Checks and measurements of live models."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch import nn

from . import _native
from .examples import Examples, mapped
from .initialize import draw_into
from .live_model import LiveModel, checked_model
from .modes import remark_on_modes
from .own_loss import Loss
from .report import Report
from .untouched import untouched

_FEWEST = 2  # examples: what is measured compares them


def check(
    model: nn.Module,
    batch: Any,
    *,
    labels: Any = None,
    loss: Loss | None = None,
    init: str | None = None,
    seeds: int = 1,
    seed: int = 1,
    functional: str | None = None,
    batch_norm: str | None = None,
    mini_batch: int = 0,
    trained: bool | None = None,
    rehearsal_seconds: float = 20.0,
) -> Report:
    """Measures a model on a batch, and says what is wrong and what to change.

    The model is left as it was: parameters, buffers, gradients, modes, hooks and random numbers.

    Parameters
    ----------
    model
        Any module; ``torch.compile`` and ``DistributedDataParallel`` around it are looked through.
    batch
        What it is called with: a tensor, a tuple of arguments, or a mapping of keyword arguments. A tuple with one
        element more than ``forward`` takes ends with the labels.
    labels
        Class numbers or targets, one per example: a tensor, an array or a list of numbers.
    loss
        ``loss(output, labels)``, differentiated instead of a projection of the outputs. ``output`` is what the model
        returns, as in training.
    init
        Draws new weights by this scheme ("he", "orthogonal:gain=1", "looks_linear") for the check only.
    seeds, seed
        How many draws, and the seed of the first; it also seeds random projections.
    functional
        What is differentiated: ``"random"`` (one Gaussian projection of the outputs, the default),
        ``"sum"``, ``"probe"``, ``"logit:K"`` or ``"loss"``.
    batch_norm
        Whose statistics batch normalizations take, in place of what each measurement prefers: ``"detached"``,
        ``"attached"`` or ``"stored"``.
    mini_batch
        Examples run at a time; 0: all.
    trained
        Whether a training has moved the weights, which decides what is asked of them; ``None``: their numbers tell.
    rehearsal_seconds
        What trying to fit one batch by heart, on copies of initial parameters, may take; 0: it is not tried, and no
        finding is beyond doubt.

    Returns
    -------
    Report
        Findings, worst first, with the lines of the sources they point at.

    Raises
    ------
    TypeError, ValueError
        One line that says what was expected and what was given.
    """
    if seeds < 1:
        raise ValueError(f"seeds: must be at least 1; got {seeds}")
    if seeds > 1 and init is None:
        raise ValueError("seeds: a model's own weights are one draw; add init=SCHEME to draw others")
    with _prepared(model, batch, labels, loss) as live:
        call = _call(live, model, loss, functional, batch_norm, mini_batch, seed)

        def draw(number: int) -> list[str]:
            if init is None:
                return []
            live.keep_weights()
            left = draw_into(live.model, live.graph, init, number)
            live.settled = live.settle()
            return left

        lines, weights, rehearsal, is_trained = _native.check(
            call, init or "", seeds, draw, trained, rehearsal_seconds, live.loss_input()
        )
        return Report(
            lines, live.graph, weights=weights, is_trained=is_trained, rehearsal=rehearsal, remarks=live.remarks
        )


def measure(
    model: nn.Module,
    batch: Any,
    *names: str,
    labels: Any = None,
    loss: Loss | None = None,
    seed: int = 1,
    functional: str | None = None,
    batch_norm: str | None = None,
    mini_batch: int = 0,
    along_path: bool = False,
) -> Report:
    """Measures what is named; see ``check`` for the arguments.

    Parameters
    ----------
    *names
        Measurements, as ``shatterproof list measurements`` names them.
    along_path
        Whether neighbours along the first axis are neighbours in space: points of a grid or a path.

    Returns
    -------
    Report
        ``report[name]`` is a reading's value.
    """
    with _prepared(model, batch, labels, loss) as live:
        call = _call(live, model, loss, functional, batch_norm, mini_batch, seed, along_path)
        return Report(_native.measure(call, list(names)), live.graph, remarks=live.remarks)


@contextmanager
def _prepared(model: Any, batch: Any, labels: Any, loss: Loss | None) -> Iterator[LiveModel]:
    module = checked_model(model)
    if loss is not None and not callable(loss):
        raise TypeError(f"loss: must be a function of the output and the labels; got {type(loss).__name__}")
    with torch.inference_mode(False):
        examples = Examples(module, _usable(batch), _usable(labels))
    if examples.count < _FEWEST:
        raise ValueError(_too_few(module, examples.count))
    trainable = {name for name, parameter in module.named_parameters() if parameter.requires_grad}
    if not trainable:
        trainable = {name for name, _ in module.named_parameters()}
    of_modes = remark_on_modes(module)
    with untouched(module) as weights:
        live = LiveModel(module, examples, weights, trainable, loss)
        live.of_modes = of_modes
        yield live


def _too_few(model: nn.Module, count: int) -> str:
    norm = next((path for path, m in model.named_modules() if isinstance(m, nn.modules.batchnorm._BatchNorm)), None)
    why = "their outputs and gradients are compared"
    if norm is not None:
        why = f"the batch normalization '{norm}' takes its mean and deviation over them, as in training"
    return f"batch: must hold at least {_FEWEST} examples; got {count}: {why}"


def _usable(value: Any) -> Any:
    """Tensors made under ``inference_mode`` as ones that autograd accepts."""
    return mapped(value, lambda _, tensor: tensor.clone() if tensor.is_inference() else tensor)


def _call(
    live: LiveModel,
    model: nn.Module,
    loss: Loss | None,
    functional: str | None,
    batch_norm: str | None,
    mini_batch: int,
    seed: int,
    along_path: bool = False,
) -> _native.Call:
    if loss is not None and functional not in (None, "loss"):
        raise ValueError(f"functional: must be left out where a loss is given; got {functional}")
    return _native.Call(
        live=live,
        graph=live.graph,
        description=type(model).__qualname__,
        inputs=list(live.examples.tensors.values()),
        inputs_text=f"{live.examples.count} examples",
        labels=live.examples.labels,
        functional=functional or ("loss" if loss is not None else "random"),
        batch_norm=batch_norm or "",
        mini_batch=mini_batch,
        along_path=along_path,
        seed=seed,
    )
