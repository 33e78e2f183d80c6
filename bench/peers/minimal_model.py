#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What a researcher would write in plain PyTorch: autocorrelation of gradients on a grid, the networks of figure 2.

Four networks x five depths x 20 seeds, width 200, 256 points on [-2, 2], weights N(0, 2/N), statistics of the batch held.
Runs at the fastest of {1, 2 threads} x {loop over seeds, seeds batched} and prints one JSON object:
seconds of every variant, the fastest, and the mean autocorrelation at lags 1 and 5 for comparison.
"""
import argparse
import json
import math
import time

import torch

WIDTH, POINTS, LAGS = 200, 256, 15
DEPTHS = (2, 4, 10, 24, 50)
NETS = (
    ("feedforward", "none", 1.0),
    ("feedforward", "center", 1.0),
    ("residual", "batch", 1.0),
    ("residual", "batch", 0.1),
)


def normalize(x, norm):
    if norm == "none":
        return x
    with torch.no_grad():
        mean = x.mean(-2, keepdim=True)
        if norm == "batch":
            scale = 1 / x.std(-2, unbiased=False, keepdim=True)
    return x - mean if norm == "center" else (x - mean) * scale


def gradients(family, norm, beta, depth, seeds):
    """[seeds, points] gradients of f with respect to x, one network per seed."""
    x = torch.linspace(-2, 2, POINTS).view(1, POINTS, 1).repeat(seeds, 1, 1).requires_grad_()
    v, b = torch.randn(seeds, 1, WIDTH), torch.randn(seeds, 1, WIDTH)
    h = x * v + b
    blocks = depth
    if family == "feedforward":
        h = torch.relu(normalize(h, norm))
        blocks -= 1
    for _ in range(blocks):
        w = torch.randn(seeds, WIDTH, WIDTH) * math.sqrt(2 / WIDTH)
        if family == "feedforward":
            h = torch.relu(normalize(torch.bmm(h, w), norm))
        else:
            h = torch.baddbmm(h, torch.relu(normalize(h, norm)), w, alpha=beta)
    f = torch.bmm(h, torch.randn(seeds, WIDTH, 1) / math.sqrt(WIDTH))
    return torch.autograd.grad(f.sum(), x)[0].squeeze(-1)


def autocorrelation(g):
    g = (g - g.mean(1, keepdim=True)).double()
    power = (g * g).sum(1)
    return torch.stack([(g[:, : POINTS - k] * g[:, k:]).sum(1) / power for k in range(LAGS + 1)], 1)


def figure(seeds, batched):
    rows = {}
    for family, norm, beta in NETS:
        for depth in DEPTHS:
            if batched:
                acf = autocorrelation(gradients(family, norm, beta, depth, seeds))
            else:
                acf = torch.cat([autocorrelation(gradients(family, norm, beta, depth, 1)) for _ in range(seeds)])
            mean = acf.mean(0)
            rows[f"{family} {norm} beta {beta:g} depth {depth}"] = [round(float(mean[1]), 3), round(float(mean[5]), 3)]
    return rows


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", type=int, default=20)
    parser.add_argument("--repeats", type=int, default=1)
    arguments = parser.parse_args()
    torch.manual_seed(1)
    seconds, rows = {}, {}
    for threads in (1, 2):
        torch.set_num_threads(threads)
        figure(1, True)
        for batched in (False, True):
            name = f"{threads} threads, {'seeds batched' if batched else 'loop over seeds'}"
            times = []
            for _ in range(arguments.repeats):
                start = time.perf_counter()
                rows = figure(arguments.seeds, batched)
                times.append(time.perf_counter() - start)
            seconds[name] = min(times)
    print(json.dumps({"seconds": seconds, "fastest": min(seconds.values()), "lags 1 and 5": rows}))


if __name__ == "__main__":
    main()
