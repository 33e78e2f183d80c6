# SPDX-License-Identifier: Apache-2.0
"""Recomputes readings with NumPy from a dump: `recompute.py DUMP RESULTS.jsonl [TOLERANCE]`.

DUMP is what `--dump DIR` wrote: DIR/taps.json lists every tap in order (name, kind, state, mirrored, ...) with the .npy files of
its gradient and of what entered its node. RESULTS holds the readings of gradient_correlation, gradient_autocorrelation and
coactivation that were made in the same run. Each is computed anew by its definition, pair by pair, and must agree to TOLERANCE
(1e-5). Exit 1 when one does not, or when there is nothing to compare; 77, "skipped", without NumPy.
"""

import json
import os
import sys

try:
    import numpy
except ImportError:
    print("skipped: NumPy is not installed")
    sys.exit(77)


def load(folder, name):
    return numpy.load(os.path.join(folder, name)).astype(numpy.float64)


def correlation(g):
    """mean over i != j of <g_i, g_j>, over mean of ||g_i||^2: all B (B - 1) products."""
    g = g.reshape(len(g), -1)
    products = g @ g.T
    pairs = ~numpy.eye(len(g), dtype=bool)
    size = products.diagonal().mean()
    return products[pairs].mean() / size if size else numpy.nan


def autocorrelation(g, lags):
    g = g.reshape(len(g), -1)
    g = g - g.mean(0)
    return [sum(g[m] @ g[m + k] for m in range(len(g) - k)) / (g * g).sum() for k in lags]


def coactivation(z):
    """Fraction of pairs of inputs on which a unit is active twice, mean over units: all pairs."""
    active = (z.reshape(len(z), -1) > 0).astype(numpy.float64)
    together = active @ active.T / active.shape[1]
    return together[~numpy.eye(len(z), dtype=bool)].mean()


def recomputed(folder, taps, reading):
    """The reading's numbers, from the dump."""
    inputs = [tap for tap in taps if tap["kind"] == "input"]
    if reading["name"] == "gradient_correlation":
        if reading["type"] == "scalar":
            chosen = [tap for tap in taps if tap["name"] == reading["tap"]][:1]
        else:
            chosen = [tap for tap in taps if tap["kind"] == "input" or tap["state"]]
        return [correlation(load(folder, tap["gradient"])) for tap in chosen]
    if reading["name"] == "gradient_autocorrelation":
        series = [load(folder, tap["gradient"]) for tap in inputs]
        joined = numpy.concatenate([g.reshape(len(g), -1) for g in series], 1)
        return autocorrelation(joined, [int(lag) for lag in reading["x"]])
    rectifiers = [tap for tap in taps if tap["kind"] == "activation" and not tap.get("mirrored", False)]
    return [coactivation(load(folder, tap["inputs"][0])) for tap in rectifiers]


def numbers(reading):
    values = [reading["value"]] if reading["type"] == "scalar" else reading["y"]
    return [numpy.nan if value is None else value for value in values]


def main():
    folder, results = sys.argv[1:3]
    tolerance = float(sys.argv[3]) if len(sys.argv) > 3 else 1e-5
    with open(os.path.join(folder, "taps.json"), encoding="utf-8") as file:
        taps = json.load(file)
    with open(results, encoding="utf-8") as file:
        records = [json.loads(line) for line in file]
    names = {"gradient_correlation", "gradient_autocorrelation", "coactivation"}
    compared, failed = {name: 0 for name in names}, 0
    for reading in records:
        if reading["kind"] != "reading" or reading["name"] not in names or "undefined" in reading:
            continue
        got, want = numbers(reading), recomputed(folder, taps, reading)
        same = len(got) == len(want) and numpy.allclose(got, want, rtol=tolerance, atol=tolerance, equal_nan=True)
        compared[reading["name"]] += len(got)
        failed += not same
        if not same:
            print(f"{reading['name']} at '{reading.get('tap', '')}': in the file {got}, recomputed {want}")
    print(", ".join(f"{name}: {count} numbers" for name, count in sorted(compared.items())) + f"; {failed} readings differ")
    sys.exit(1 if failed or not sum(compared.values()) else 0)


main()
