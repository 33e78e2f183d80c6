# SPDX-License-Identifier: Apache-2.0
"""A sweep by an executor is the sweep of one process."""

import pathlib
from concurrent.futures import ProcessPoolExecutor
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
