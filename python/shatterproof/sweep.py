# SPDX-License-Identifier: Apache-2.0
"""A sweep by an executor of the user's own."""

from __future__ import annotations

import json
import os
from concurrent.futures import Executor
from typing import Any

from . import _native

_FINDINGS = 1  # the exit code where units failed or are not finished, or a claim does not hold


def _run(words: list[str]) -> tuple[int, str]:
    """Runs a command in this process: what an executor is given, so nothing but plain words goes to a worker."""
    code, _, talk = _native.captured_command(words)
    return code, talk


def _last_line(talk: str) -> str:
    line = (talk.strip().splitlines() or ["sweep: it ended without a word"])[-1]
    return line.removeprefix("shatterproof: ")


def _require_finished(words: list[str], talk: str) -> None:
    """Raises where units are missing or failed; a claim that does not hold is in the results."""
    code, status, _ = _native.captured_command([*words, "--status"])
    if code == 0:
        return
    failures = [line for line in status.splitlines() if line.startswith("unit ")]
    raise ValueError("; ".join([f"sweep: {_last_line(talk)}", *failures[:1]]))


def sweep(
    study: str | os.PathLike[str],
    out: str | os.PathLike[str],
    *,
    executor: Executor | None = None,
    shards: int | None = None,
    images: str | None = None,
    quick: bool = False,
) -> list[dict[str, Any]]:
    """Runs every unit of a study, one seed of one case each, and returns the records of its results file.

    ``study`` is a TOML file, with a table ``[sweep]`` or not, or a study of ``shatterproof list studies``; ``out`` a
    folder that all workers share, in which finished units are kept: the same call goes on where it was stopped.
    ``executor`` is anything with ``submit`` as ``concurrent.futures`` has it: a process pool, that of a dask client,
    ``mpi4py.futures``; without one this process runs all. The units are dealt out in ``shards``, four for each
    worker unless given. A unit that fails is named in the coverage of its case; the others go on.

    Raises ValueError on wrong input, where a share could not be run to its end, and where units are missing or failed
    in the end: what the others gave is in ``results.jsonl`` then, unless some are missing.
    """
    study, out = os.fspath(study), os.path.abspath(out)  # workers may be in another folder
    if study.endswith(".toml"):
        study = os.path.abspath(study)
    words = ["sweep", study, "--out", out]
    words += ["--images", images] if images is not None else []
    words += ["--quick"] if quick else []
    if shards is not None and shards < 1:
        raise ValueError(f"sweep: shards must be at least 1; got {shards}")
    if executor is None:
        if shards is not None:
            raise ValueError(f"sweep: shards are for an executor; got {shards} without one")
        code, talk = _run([*words, "--shard", "1/1"])
    else:
        workers = getattr(executor, "_max_workers", None) or os.cpu_count() or 1
        count = shards or 4 * int(workers)
        tasks = [
            executor.submit(_run, [*words, "--shard", f"{index}/{count}", "--threads", "1"])
            for index in range(1, count + 1)
        ]
        for task in tasks:
            code, talk = task.result()
            if code > _FINDINGS:
                raise ValueError(_last_line(talk))
        code, talk = _run([*words, "--merge"])
    if code > _FINDINGS:
        raise ValueError(_last_line(talk))
    if code == _FINDINGS:
        _require_finished(words, talk)
    with open(os.path.join(out, "results.jsonl"), encoding="utf-8") as file:
        return [json.loads(line) for line in file]
