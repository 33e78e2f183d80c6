#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""check_cost.py PROGRAM [NETWORK ...]: what a check costs beside one bare forward and backward pass in PyTorch.

The pass is that of a training step, mean loss to gradients of all parameters, on the same inputs. The check is without
rehearsal, on as many examples, its reading of the file and its start included. Each at the number of threads, one or two, at
which it is the faster by the clock: medians of five by turns, by the clock and in the processor's seconds. With its rehearsal,
and the trials of advice that follow, it runs once, on one thread. Needs Debian's python3-torch and python3-onnx:

    /usr/bin/python3 bench/check_cost.py build/release/shatterproof
"""

import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import nn

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "python" / "tests"))
import networks
import ordinary

RUNS = int(os.environ.get("RUNS", 5))
THREADS = (1, 2)


@dataclass(frozen=True)
class Case:
    """A network, and what its inputs are drawn by: a function of their shape."""

    make: Callable[[], nn.Module]
    shape: tuple[int, ...]
    inputs: Callable[[tuple[int, ...]], torch.Tensor] = torch.randn


CASES = {
    "MLP of 50 layers, width 200": Case(networks.perceptron, (256, 200)),
    "ResNet-20": Case(ordinary.ResNet20, (256, 3, 32, 32)),
    "ResNet-50": Case(networks.ResNet50, (16, 3, 224, 224)),
    "U-Net": Case(partial(ordinary.Unet, width=32), (32, 3, 64, 64)),
    "LSTM of 200 steps": Case(partial(networks.Recurrent, nn.LSTM, 16, 128), (64, 200, 16)),
    "RNN of 784 steps": Case(partial(networks.Recurrent, nn.RNN, 1, 128), (64, 784, 1)),
    "GPT of 12 blocks, width 256": Case(
        partial(ordinary.Gpt, depth=12, width=256, heads=8, vocabulary=256, length=64), (32, 64),
        partial(torch.randint, 0, 256)),
    "ViT of 6 blocks, width 192": Case(partial(ordinary.Vit, width=192, depth=6, image=32), (64, 3, 32, 32)),
    "DenseNet-40": Case(networks.densenet40, (64, 3, 32, 32)),
}


def pass_of(model, x):
    """A training step without its update."""
    model.zero_grad()
    out = model(x)
    out = out.flatten(0, 1) if out.dim() == 3 else out
    target = torch.zeros(out.shape[:1] + out.shape[2:], dtype=torch.long)
    F.cross_entropy(out, target).backward()


def timed(run):
    """Seconds by the clock and of the processor, children's included."""
    began, used = time.perf_counter(), processor_seconds()
    run()
    return time.perf_counter() - began, processor_seconds() - used


def processor_seconds():
    kinds = (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
    return sum(used.ru_utime + used.ru_stime for used in map(resource.getrusage, kinds))


def export(model, x, file):
    model.eval()
    torch.onnx.export(model, x[:2], file, training=torch.onnx.TrainingMode.PRESERVE, opset_version=14,
                      input_names=["x"], dynamic_axes={"x": {0: "batch"}})
    model.train()


def check(program, file, examples, threads, *options):
    command = [program, "check", file, "--quiet", "--batch", str(examples), "--threads", str(threads), *options]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode not in (0, 1):
        sys.exit(f"{' '.join(command)}: {done.stderr}")


def median_of_least(runs):
    """Medians by the clock and of the processor, at the number of threads that is the faster by the clock."""
    return min(tuple(map(statistics.median, zip(*one))) for one in runs.values())


def cost(program, case, folder):
    """Of a bare pass and of a check: seconds by the clock and of the processor; of a check with rehearsal: of the processor."""
    torch.manual_seed(1)
    model, x = case.make(), case.inputs(case.shape)
    file = os.path.join(folder, "model.onnx")
    export(model, x, file)
    bare, ours = {threads: [] for threads in THREADS}, {threads: [] for threads in THREADS}
    for threads in THREADS:
        torch.set_num_threads(threads)
        pass_of(model, x)
    for _ in range(RUNS):
        for threads in THREADS:
            torch.set_num_threads(threads)
            bare[threads].append(timed(partial(pass_of, model, x)))
            ours[threads].append(timed(partial(check, program, file, len(x), threads, "--no-rehearsal")))
    _, rehearsed = timed(partial(check, program, file, len(x), 1))
    return median_of_least(bare), median_of_least(ours), rehearsed


def main():
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    chosen = [name for name in CASES if not sys.argv[2:] or any(word in name for word in sys.argv[2:])]
    print("| network | inputs | forward and backward, s | check, s | ratio | ratio of CPU time | CPU s, with rehearsal |")
    print("|---|---|---|---|---|---|---|")
    with tempfile.TemporaryDirectory() as folder:
        for name in chosen:
            (bare, bare_used), (ours, used), rehearsed = cost(sys.argv[1], CASES[name], folder)
            size = " x ".join(map(str, CASES[name].shape))
            ratios = f"{ours / bare:.1f} | {used / bare_used:.1f} | {used:.1f}, {rehearsed:.1f}"
            print(f"| {name} | {size} | {bare:.3f} | {ours:.2f} | {ratios} |", flush=True)


if __name__ == "__main__":
    main()
