#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Runs each benchmark beside its peer, one after the other on the same machine, and reports ratios.

usage: bench/compare.py BUILD

Needs Debian's python3-torch for the peers. What a check costs beside one bare pass is in check_cost.py.
"""
import json
import os
import statistics
import subprocess
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
PYTHON = "/usr/bin/python3"  # the one that Debian's python3-torch belongs to


def last_json(*command):
    output = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    return json.loads(output.strip().splitlines()[-1])


def minimal_model(build):
    ours = last_json(os.path.join(build, "bench", "bench_minimal_model"))
    peer = last_json(PYTHON, os.path.join(HERE, "peers", "minimal_model.py"))
    print("autocorrelation of gradients, 4 networks x 5 depths x 20 seeds")
    print(f"  ours            {ours['seconds']:.2f} s on {ours['threads']} threads, {ours['seconds on one thread']:.2f} s on one")
    print(f"  seeds parallel  {ours['seconds on one thread'] / ours['seconds']:.2f} x")
    print(f"  products        {ours['GFLOP/s']:.1f} GFLOP/s reached, {ours['GFLOP/s of products alone']:.1f} when nothing else runs")
    for name, seconds in peer["seconds"].items():
        print(f"  PyTorch         {seconds:.2f} s ({name})")
    print(f"  ratio           {peer['fastest'] / ours['seconds']:.2f} (PyTorch at its fastest / ours)")


def rectifier_statistics(build):
    ours = last_json(os.path.join(build, "bench", "bench_rectifier_statistics"))
    peer = last_json(PYTHON, os.path.join(HERE, "peers", "rectifier_statistics.py"))
    print("rectifiers, 1024 inputs x 512 units x 100 layers")
    print(f"  floor           {ours['reading alone']:.4f} s to read the numbers once, at {ours['GB/s']:.1f} GB/s")
    threads = min(("1 thread", "2 threads"), key=lambda threads: peer[f"coactivation, {threads}"])
    seconds, theirs = ours[f"coactivation, {threads}"], peer[f"coactivation, {threads}"]
    print(f"  coactivation    {seconds:.4f} s, PyTorch {theirs:.4f} s, both on its faster of 1 and 2 threads")
    print(f"  ratio           {theirs / seconds:.2f} (PyTorch / ours)")
    theirs = peer["raster and contiguity"]
    for threads in ("1 thread", "2 threads"):
        seconds = ours[f"raster and contiguity, {threads}"]
        print(f"  raster and runs {seconds:.4f} s on {threads}, NumPy {theirs:.4f} s on the one it has")
        print(f"  ratio           {theirs / seconds:.1f} (NumPy / ours)")


def training_run(build, family, steps, *more):
    """Images per second of a second epoch, and what the whole program took."""
    command = [os.path.join(build, "shatterproof"), "train", family, "--data", f"procedural:{128 * steps}", "--batch", "128",
               "--epochs", "2", "--json", "-", *more]
    start = time.perf_counter()
    output = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    seconds = time.perf_counter() - start
    epochs = [record for record in map(json.loads, output.splitlines()) if record["kind"] == "epoch"]
    return epochs[-1]["images_per_second"], seconds


def training(build):
    steps, rounds = 8, 5
    for name, family in (("thin", "thin:depth=30"), ("conv_residual", "conv_residual:depth=24")):
        ours, theirs = [], []
        for _ in range(rounds):
            ours.append(training_run(build, family, steps)[0])
            peer = last_json(PYTHON, os.path.join(HERE, "peers", "thin_training.py"), name, str(steps + 1))
            theirs.append(peer["images per second"])
        mine, other = statistics.median(ours), statistics.median(theirs)
        print(f"training {family}, batch 128, median of {rounds} alternating runs")
        print(f"  ours            {mine:.0f} images/s ({min(ours):.0f} to {max(ours):.0f})")
        print(f"  PyTorch         {other:.0f} images/s ({min(theirs):.0f} to {max(theirs):.0f})")
        print(f"  ratio           {mine / other:.2f} (ours / PyTorch)")
    live = ("--measure", "gradient_scale_coefficient@16")
    plain, measured = [], []
    for _ in range(rounds):
        plain.append(training_run(build, "thin:depth=30", 32)[1])
        measured.append(training_run(build, "thin:depth=30", 32, *live)[1])
    print(f"  live measurement every 16th step costs {statistics.median(measured) / statistics.median(plain) - 1:.1%}")


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    minimal_model(sys.argv[1])
    rectifier_statistics(sys.argv[1])
    training(sys.argv[1])


if __name__ == "__main__":
    main()
