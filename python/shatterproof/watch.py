# SPDX-License-Identifier: Apache-2.0
"""Checks while a model is trained."""

from __future__ import annotations

import json
import os
import time
import warnings
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Any

from torch import nn

from .check import check, measure
from .examples import Examples, parameter_names
from .live_model import checked_model
from .report import Report


class FindingWarning(UserWarning):
    """A rule found something in a model that is being trained."""


#: What one pass forward and backward shows, all with the batch's own statistics.
_OF_ONE_PASS = ("gradient_variance", "gradient_correlation", "activation_fraction", "preactivation_std")

_CHECK_IN_PASSES = 30  # what a check takes beside these, until one was made
_ANY_TIME = 100  # per cent


class Watch:
    """Looks at a model on some examples of every k-th batch that it is trained on.

    Within the context each forward pass in training mode counts as a step. Before the pass of a k-th step the model is
    looked at, with the weights and some of the examples at hand, and left as it was: checked, when a check fits into
    the share of the time that is left over, else measured by what one pass shows, and not at all when that does not
    fit either.

    Parameters
    ----------
    model
        The module that is trained.
    every
        Steps from one look to the next, at least.
    budget
        Share of the time since the start that they may take, in per cent; 100: check each time.
    examples
        Of each batch, at most.
    path
        The results file (docs/results_format.md) of all looks; the readings of each have the ``case`` "step N".
    on_report
        Called with the step and its report.
    **options
        Of ``check``: ``loss``, ``functional``, ``batch_norm``.

    Attributes
    ----------
    step, looks, checks
        Steps so far, looks among them, and checks among these.
    seconds
        What they took.
    latest
        A number of the last look for each name, for any logger: a scalar, or of a curve the value nearest the input.
    """

    def __init__(
        self,
        model: nn.Module,
        *,
        every: int = 16,
        budget: float = 5.0,
        examples: int = 32,
        path: str | os.PathLike[str] | None = None,
        on_report: Callable[[int, Report], None] | None = None,
        **options: Any,
    ) -> None:
        if every < 1:
            raise ValueError(f"watch: every must be at least 1; got {every}")
        if not 0 < budget <= 100:
            raise ValueError(f"watch: budget must be a share in per cent, above 0 and up to 100; got {budget}")
        self.model = checked_model(model)
        self.every, self.budget, self.examples = every, budget, examples
        self.step = self.looks = self.checks = 0
        self.latest: dict[str, float] = {}
        self.seconds = 0.0
        self._path = Path(path) if path is not None else None
        self._on_report, self._options = on_report, options
        self._warned: set[str] = set()
        self._began = 0.0
        self._pass_takes: float | None = None
        self._check_takes: float | None = None
        self._hook: Any = None
        self._looking = False
        self._lines: list[str] = []

    def __enter__(self) -> Watch:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def start(self) -> None:
        """Begins to count steps."""
        self._began = time.perf_counter()
        try:
            self._hook = self.model.register_forward_pre_hook(self._before_forward, with_kwargs=True)
        except TypeError:  # PyTorch 1 shows hooks no keyword arguments
            self._hook = self.model.register_forward_pre_hook(
                lambda module, args: self._before_forward(module, args, {})
            )

    def stop(self) -> None:
        """Ends, and completes the results file. Idempotent."""
        if self._hook is not None:
            self._hook.remove()
            self._hook = None
        if self._path is not None and self._lines:
            partial = self._path.with_name(self._path.name + ".part")
            partial.write_text("".join(self._lines), encoding="utf-8")
            partial.replace(self._path)

    def _before_forward(self, module: nn.Module, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
        if not module.training or self._looking:
            return
        self.step += 1
        look = self._affordable() if self.step % self.every == 0 else None
        if look is None:
            return
        began = time.perf_counter()
        self._looking = True
        try:
            self._keep(look(args, kwargs))
        finally:
            self._looking = False
            took = time.perf_counter() - began
            self.looks += 1
            self.seconds += took
            if look == self._check:
                self.checks += 1
                self._check_takes = took
            else:
                self._pass_takes = took

    def _affordable(self) -> Callable[[tuple[Any, ...], dict[str, Any]], Report] | None:
        """The most that fits into the share of the time that is left."""
        if self.budget >= _ANY_TIME:
            return self._check
        left = (time.perf_counter() - self._began) * self.budget / 100 - self.seconds
        check_takes = self._check_takes
        if check_takes is None and self._pass_takes is not None:
            check_takes = _CHECK_IN_PASSES * self._pass_takes
        if check_takes is not None and check_takes <= left:
            return self._check
        return self._measure if (self._pass_takes or 0.0) <= left else None

    def _some(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> dict[str, Any]:
        batch = Examples(self.model, {**dict(zip(parameter_names(self.model), args)), **kwargs})
        return batch.replaced({name: tensor[: self.examples] for name, tensor in batch.tensors.items()})

    def _check(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Report:
        return check(self.model, self._some(args, kwargs), trained=False, rehearsal_seconds=0.0, **self._options)

    def _measure(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Report:
        options = {"batch_norm": "attached", **self._options}
        return measure(self.model, self._some(args, kwargs), *_OF_ONE_PASS, **options)

    def _keep(self, report: Report) -> None:
        self.latest = _numbers(report)
        for finding in report.findings:
            if finding.id not in self._warned and finding.severity != "info":
                self._warned.add(finding.id)
                where = f" at {finding.source}" if finding.source is not None else ""
                warnings.warn(
                    f"step {self.step}: {finding.id}{where}: {finding.headline}", FindingWarning, stacklevel=2
                )
        self._lines += _as_case(report, self.step, first=not self._lines)
        if self._on_report is not None:
            self._on_report(self.step, report)


def watch(model: nn.Module, **options: Any) -> Watch:
    """Checks a model while it is trained: a context manager, or ``start`` and ``stop``; see ``Watch``."""
    return Watch(model, **options)


def _numbers(report: Report) -> dict[str, float]:
    """A number for each name: its scalar, else its curve's value at the layer nearest the input."""
    numbers: dict[str, float] = {}
    for wanted, key in (("scalar", "value"), ("curve", "y")):
        for reading in report.readings:
            value = reading.get(key) if reading["type"] == wanted else None
            if value not in (None, []):
                first = value[0] if isinstance(value, list) else value
                if first is not None:
                    numbers.setdefault(f"shatterproof/{reading['name']}", float(first))
    return numbers


def _as_case(report: Report, step: int, first: bool) -> list[str]:
    case = f"step {step}"
    lines = []
    for record in report.records:
        if record["kind"] in ("context", "graph"):
            if not first:
                continue
        elif record["kind"] != "verdict":
            record = {"kind": record["kind"], "case": case, **{k: v for k, v in record.items() if k != "kind"}}
        else:
            continue
        lines.append(json.dumps(record, ensure_ascii=False, separators=(",", ":")) + "\n")
    return lines
