# SPDX-License-Identifier: Apache-2.0
"""Watching a training."""

import copy
import json
import time

import models
import pytest
import torch
import torch.nn.functional as F

import shatterproof as sp


def trained(steps=6, **watching):
    torch.manual_seed(0)
    net = models.Residual()
    optimizer = torch.optim.SGD(net.parameters(), lr=0.1)
    watch = sp.watch(net, **watching) if watching else None
    if watch is not None:
        watch.start()
    for _ in range(steps):
        x, y = torch.randn(12, 8), torch.randint(0, 3, (12,))
        optimizer.zero_grad()
        F.cross_entropy(net(x), y).backward()
        optimizer.step()
    if watch is not None:
        watch.stop()
    return net, watch


def test_a_watched_training_ends_as_an_unwatched_one():
    plain, _ = trained()
    watched, watch = trained(every=2, budget=100.0)
    assert watch.step == 6
    for name, tensor in plain.state_dict().items():
        assert torch.equal(tensor, watched.state_dict()[name]), name
    assert not watched._forward_pre_hooks


def test_readings_of_each_step_are_in_the_file(tmp_path):
    path = tmp_path / "run.jsonl"
    _, watch = trained(every=3, budget=100.0, path=path)
    records = [json.loads(line) for line in path.read_text().splitlines()]
    assert records[0]["kind"] == "context"
    assert {r["case"] for r in records if r["kind"] == "reading"} == {"step 3", "step 6"}
    assert any(key.startswith("shatterproof/") for key in watch.latest)


def test_a_look_by_one_pass_has_numbers_for_a_logger():
    _, watch = trained(steps=3, every=3, budget=5.0)
    assert (watch.looks, watch.checks) == (1, 0)
    assert {"shatterproof/gradient_variance", "shatterproof/gradient_correlation"} <= set(watch.latest)
    assert all(isinstance(value, float) for value in watch.latest.values())


def test_looks_keep_to_their_share_of_the_time():
    _, watch = trained(steps=20, every=1, budget=0.0001)
    assert watch.looks <= 1 and watch.checks == 0


def test_what_is_affordable_is_the_most_that_fits_into_what_is_left():
    watch = sp.watch(models.Mlp(), budget=5.0)
    watch._began = time.perf_counter() - 100.0  # of which 5 seconds are its own
    assert watch._affordable() == watch._measure, "nobody knows yet what a check takes"
    for pass_takes, check_takes, spent, expected in [
        (0.1, None, 0.0, watch._check),
        (0.2, None, 0.0, watch._measure),
        (0.1, 4.0, 0.0, watch._check),
        (0.1, 4.0, 2.0, watch._measure),
        (0.1, 4.0, 4.95, None),
    ]:
        watch._pass_takes, watch._check_takes, watch.seconds = pass_takes, check_takes, spent
        watch._began = time.perf_counter() - 100.0
        assert watch._affordable() == expected, (pass_takes, check_takes, spent)


def test_a_finding_is_a_warning_once():
    net = models.Mlp(16, 30)
    with torch.no_grad():
        for parameter in net.parameters():
            parameter.mul_(3)
    with pytest.warns(sp.FindingWarning) as warned, sp.watch(net, every=1, budget=100.0):
        for _ in range(3):
            net(torch.randn(8, 16))
    said = [str(w.message).split(":")[1] for w in warned if issubclass(w.category, sp.FindingWarning)]
    assert len(said) == len(set(said))


def test_evaluation_is_no_step():
    net = copy.deepcopy(models.Mlp()).eval()
    with sp.watch(net, every=1) as watch:
        net(torch.randn(8, 16))
    assert watch.step == 0
