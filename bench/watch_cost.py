#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""watch_cost.py [resnet20|gpt ...]: what watching a training costs, and what a check costs beside one pass.

Five runs of the same steps, watched and not, one after the other by turns; medians of the processor's seconds, in which
what else the machine does counts little. Needs the package and PyTorch:

    PYTHONPATH=build/dev/python python3 bench/watch_cost.py
"""

import statistics
import sys
import time
from pathlib import Path

import torch
import torch.nn.functional as F

import shatterproof as sp

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "python" / "tests"))
import ordinary

RUNS, STEPS, EVERY = 5, 32, 16


def resnet20():
    """CIFAR-10's network with the batch of its paper."""
    return ordinary.ResNet20(), torch.randn(128, 3, 32, 32), torch.randint(0, 10, (128,))


def gpt():
    """Twelve layers of width 256, eight sequences of 64 tokens."""
    ids = torch.randint(0, 256, (8, 64))
    return ordinary.Gpt(depth=12, width=256, heads=8, vocabulary=256, length=64), ids, ids.roll(-1, 1)


def step(model, optimizer, x, y):
    """One of the training."""
    optimizer.zero_grad()
    out = model(x)
    F.cross_entropy(out.flatten(0, -2), y.flatten()).backward()
    optimizer.step()


def seconds_of(case, watched):
    """What the steps took, and how often they were looked at."""
    torch.manual_seed(1)
    model, x, y = case()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.01)
    step(model, optimizer, x, y)
    watch = sp.watch(model, every=EVERY) if watched else None
    began = time.process_time()
    if watch is not None:
        watch.start()
    for _ in range(STEPS):
        step(model, optimizer, x, y)
    took = time.process_time() - began
    if watch is not None:
        watch.stop()
    return took, (watch.looks, watch.checks) if watch is not None else (0, 0)


def check_in_passes(case):
    """What a check without a rehearsal takes, in passes forward and backward of the bare model."""
    torch.manual_seed(1)
    model, x, y = case()

    def bare():
        F.cross_entropy(model(x).flatten(0, -2), y.flatten()).backward()

    def timed(function):
        began = time.process_time()
        function()
        return time.process_time() - began

    bare()
    one = statistics.median(timed(bare) for _ in range(RUNS))
    return timed(lambda: sp.check(model, x, rehearsal_seconds=0)) / one


def main():
    """Prints a row for each network."""
    for name in sys.argv[1:] or ["resnet20", "gpt"]:
        case = globals()[name]
        plain, watched = [], []
        for _ in range(RUNS):
            plain.append(seconds_of(case, watched=False)[0])
            took, looks = seconds_of(case, watched=True)
            watched.append(took)
        without, with_ = statistics.median(plain), statistics.median(watched)
        print(
            f"{name}: {without:.2f} s without, {with_:.2f} s watched on every {EVERY}th step ({looks[0]} looks, "
            f"{looks[1]} of them checks): {100 * (with_ / without - 1):+.1f} %; a check takes "
            f"{check_in_passes(case):.0f} passes",
            flush=True,
        )


if __name__ == "__main__":
    main()
