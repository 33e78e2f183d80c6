#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What a researcher would write: counts of active units in PyTorch, rasters and run lengths in NumPy.

1,024 inputs x 512 units x 100 layers of normal numbers. Prints one JSON object: the fastest of five rounds of each, with 1
and 2 threads for PyTorch, and the co-activation and mean run length of the last layer for comparison.
"""
import json
import time

import numpy
import torch

INPUTS, UNITS, LAYERS, ROUNDS = 1024, 512, 100, 5


def fastest(work):
    times = []
    for _ in range(ROUNDS):
        start = time.perf_counter()
        result = work()
        times.append(time.perf_counter() - start)
    return min(times), result


def coactivation(layers):
    """Per layer, mean over units of k (k - 1) / (B (B - 1)) with k = (x > 0).sum(0)."""
    curve = []
    for x in layers:
        k = (x > 0).sum(0).double()
        curve.append(float((k * (k - 1)).mean()) / (INPUTS * (INPUTS - 1)))
    return curve


def contiguity(layers):
    """Per layer, the histogram of run lengths by powers of two and their mean; the raster of the last layer."""
    edges = 2 ** numpy.arange(INPUTS.bit_length() + 1)
    means = []
    for x in layers:
        active = (x > 0).T
        # A run starts at every unit's first input and wherever activity changes; units lie one after the other.
        starts = numpy.empty(active.shape, bool)
        starts[:, 0] = True
        numpy.not_equal(active[:, 1:], active[:, :-1], out=starts[:, 1:])
        places = numpy.flatnonzero(starts)
        lengths = numpy.diff(places, append=active.size)
        by_length = numpy.bincount(lengths, minlength=INPUTS + 1)
        histogram = numpy.add.reduceat(by_length, edges[:-1]) / UNITS
        means.append(active.size / len(lengths))
    return means, histogram, active.astype(numpy.float64)


def main():
    torch.manual_seed(1)
    layers = [torch.randn(INPUTS, UNITS) for _ in range(LAYERS)]
    result = {}
    for threads in (1, 2):
        torch.set_num_threads(threads)
        result[f"coactivation, {threads} thread" + "s" * (threads > 1)], curve = fastest(lambda: coactivation(layers))
    arrays = [x.numpy() for x in layers]
    result["raster and contiguity"], (means, _, _) = fastest(lambda: contiguity(arrays))
    print(json.dumps({**result, "coactivation": curve[-1], "mean run": means[-1]}))


if __name__ == "__main__":
    main()
