#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""check_cost.py PROGRAM [NETWORK ...]: what a check costs beside one bare forward and backward pass in PyTorch.

The pass is that of a training step, mean loss to gradients of all parameters, on the same inputs and at the faster of one
and two threads; the check is without rehearsal, on as many examples, its reading of the file and its start included. Medians
of five by turns, by the clock and in the processor's seconds. Needs Debian's python3-torch and python3-onnx:

    /usr/bin/python3 bench/check_cost.py build/release/shatterproof
"""

import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import nn

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "python" / "tests"))
import networks
import ordinary

RUNS = int(os.environ.get("RUNS", 5))
CASES = {
    "MLP of 50 layers, width 200": (lambda: networks.perceptron(), (256, 200)),
    "ResNet-20": (lambda: ordinary.ResNet20(), (256, 3, 32, 32)),
    "ResNet-50": (lambda: networks.ResNet50(), (16, 3, 224, 224)),
    "U-Net": (lambda: ordinary.Unet(width=32), (32, 3, 64, 64)),
    "LSTM of 200 steps": (lambda: networks.Recurrent(nn.LSTM, 16, 128), (64, 200, 16)),
    "RNN of 784 steps": (lambda: networks.Recurrent(nn.RNN, 1, 128), (64, 784, 1)),
    "GPT of 12 blocks, width 256": (
        lambda: ordinary.Gpt(depth=12, width=256, heads=8, vocabulary=256, length=64), (32, 64)),
    "ViT of 6 blocks, width 192": (lambda: ordinary.Vit(width=192, depth=6, image=32), (64, 3, 32, 32)),
    "DenseNet-40": (lambda: networks.densenet40(), (64, 3, 32, 32)),
}


def inputs_of(name, shape):
    return torch.randint(0, 256, shape) if name.startswith("GPT") else torch.randn(shape)


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
    torch.onnx.export(model, x[:2], file, training=torch.onnx.TrainingMode.PRESERVE, opset_version=13,
                      input_names=["x"], dynamic_axes={"x": {0: "batch"}})
    model.train()


def check(program, file, examples, threads):
    command = [program, "check", file, "--no-rehearsal", "--quiet", "--batch", str(examples), "--threads", str(threads)]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode not in (0, 1):
        sys.exit(f"{' '.join(command)}: {done.stderr}")


def cost(program, name, folder):
    make, shape = CASES[name]
    torch.manual_seed(1)
    model, x = make(), inputs_of(name, shape)
    file = os.path.join(folder, "model.onnx")
    export(model, x, file)
    bare, ours = {1: [], 2: []}, {1: [], 2: []}
    for threads in bare:
        torch.set_num_threads(threads)
        pass_of(model, x)
    for _ in range(RUNS):
        for threads in bare:
            torch.set_num_threads(threads)
            bare[threads].append(timed(lambda: pass_of(model, x)))
            ours[threads].append(timed(lambda: check(program, file, shape[0], threads)))

    def least(runs, which):
        return min(statistics.median(run[which] for run in one) for one in runs.values())

    return [(least(bare, which), least(ours, which)) for which in (0, 1)]


def main():
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    chosen = [name for name in CASES if not sys.argv[2:] or any(word in name for word in sys.argv[2:])]
    print("| network | inputs | forward and backward, s | check, s | ratio | ratio of CPU time |")
    print("|---|---|---|---|---|---|")
    with tempfile.TemporaryDirectory() as folder:
        for name in chosen:
            (bare, ours), (bare_used, used) = cost(sys.argv[1], name, folder)
            size = " x ".join(map(str, CASES[name][1]))
            print(f"| {name} | {size} | {bare:.3f} | {ours:.2f} | {ours / bare:.1f} | {used / bare_used:.1f} |", flush=True)


if __name__ == "__main__":
    main()
