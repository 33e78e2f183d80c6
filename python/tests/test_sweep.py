# SPDX-License-Identifier: Apache-2.0
"""A sweep by an executor is the sweep of one process."""

import os
import pathlib
from concurrent.futures import Executor, Future, ProcessPoolExecutor
from multiprocessing import get_context

import pytest

import shatterproof as sp

SWEEP = """
title = "t"
[sweep]
network = "feedforward:width=8,input=4"
inputs = "gaussian:8"
seeds = 2
measure = "gradient_correlation"
[sweep.axes]
depth = [2, 4]
norm = ["none", "batch"]
"""

# Three heads do not share eight numbers.
IMPOSSIBLE = """
title = "t"
[sweep]
network = "transformer_pre_norm:tokens=2,input=12,depth=1"
inputs = "gaussian:8"
seeds = 2
measure = "gradient_correlation"
[sweep.axes]
width = [12, 8]
heads = [1, 3]
"""


@pytest.fixture
def study(tmp_path: pathlib.Path) -> pathlib.Path:
    path = tmp_path / "s.toml"
    path.write_text(SWEEP)
    return path


def test_an_executor_makes_the_bytes_of_one_process(study: pathlib.Path, tmp_path: pathlib.Path) -> None:
    records = sp.sweep(study, tmp_path / "one")
    assert [record["kind"] for record in records].count("case") == 4
    assert {record["case"] for record in records if record["kind"] == "reading"} == {
        f"depth {depth}, norm {norm}" for depth in (2, 4) for norm in ("none", "batch")
    }
    with ProcessPoolExecutor(max_workers=2, mp_context=get_context("spawn")) as executor:
        assert sp.sweep(study, tmp_path / "two", executor=executor, shards=3) == records
    assert (tmp_path / "two" / "results.jsonl").read_bytes() == (tmp_path / "one" / "results.jsonl").read_bytes()


def test_workers_in_another_folder_write_where_the_caller_means(
    study: pathlib.Path, tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    monkeypatch.chdir(tmp_path)
    with ProcessPoolExecutor(1, get_context("spawn"), os.chdir, (elsewhere,)) as executor:
        records = sp.sweep(study.name, "out", executor=executor, shards=2)
    assert [record["kind"] for record in records].count("case") == 4
    assert list(elsewhere.iterdir()) == []


class _Forgetful(Executor):
    """Says of the second share that it was run."""

    def submit(self, function, /, *arguments, **named):  # type: ignore[no-untyped-def]
        done: Future[object] = Future()
        (words,) = arguments
        done.set_result((0, "") if "2/2" in words else function(words))
        return done


def test_units_that_are_missing_or_failed_are_an_error(study: pathlib.Path, tmp_path: pathlib.Path) -> None:
    old = tmp_path / "out" / "results.jsonl"
    old.parent.mkdir()
    old.write_text('{"kind": "context"}\n')
    with pytest.raises(ValueError, match="4 of 8 units are not finished; `shatterproof sweep .* goes on with them"):
        sp.sweep(study, tmp_path / "out", executor=_Forgetful(), shards=2)
    assert len(sp.sweep(study, tmp_path / "out")) > 1
    study.write_text(IMPOSSIBLE)
    with pytest.raises(
        ValueError, match="6 of 8 units, 2 failed: results are in .*; unit 7, width 8, heads 3, seed 1: "
    ):
        sp.sweep(study, tmp_path / "partly")
    assert "heads" in (tmp_path / "partly" / "results.jsonl").read_text()


def test_a_claim_that_does_not_hold_is_a_result(study: pathlib.Path, tmp_path: pathlib.Path) -> None:
    claim = '[[sweep.claim]]\nat = 0\nrelation = "at_least"\nexpected = 2\nprovenance = "D"\n'
    study.write_text(SWEEP + claim)
    records = sp.sweep(study, tmp_path / "out")
    assert [record["pass"] for record in records if record["kind"] == "claim"] == [False] * 4


def test_wrong_input_is_said_in_one_line(study: pathlib.Path, tmp_path: pathlib.Path) -> None:
    with pytest.raises(ValueError, match="none.toml: cannot read"):
        sp.sweep(tmp_path / "none.toml", tmp_path / "out")
    with pytest.raises(ValueError, match="shards must be at least 1; got 0"):
        sp.sweep(study, tmp_path / "out", shards=0)
    with pytest.raises(ValueError, match="shards are for an executor"):
        sp.sweep(study, tmp_path / "out", shards=2)
    study.write_text(SWEEP.replace("depth = ", "dpeth = "))
    with (
        ProcessPoolExecutor(max_workers=1, mp_context=get_context("spawn")) as executor,
        pytest.raises(ValueError, match="dpeth"),
    ):
        sp.sweep(study, tmp_path / "out", executor=executor, shards=1)
    assert not (tmp_path / "out").exists()
