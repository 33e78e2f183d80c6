# SPDX-License-Identifier: Apache-2.0
"""mend_against_random.py PROGRAM [--seeds N] [--budget N] [--epochs N]: the table of docs/mend.md.

Whether changes that findings suggest are better than changes chosen at random, on the sick networks of the zoo
(tests/diagnose/zoo.cpp). Both choose from the same list, check at most so many changed networks, and train what they keep
for the same steps at the same rates on the same examples, labelled by a random network. Cured means that what comes out
learns: at least half of what a healthy network of three layers takes from a constant's loss in that budget.
"""

import argparse
import json
import math
import os
import subprocess
import tempfile
import zlib

TWENTY = "feedforward:depth=20,width=100,input=100,output=10"
SICK = {
    "white_noise_gradients": ("feedforward:depth=30,width=100,norm=batch,input=100,output=10", ""),
    "batch_norm_without_skips": ("feedforward:preset=batch_relu", ""),
    "layer_norm_and_tanh_without_skips": ("feedforward:preset=layer_tanh", ""),
    "weights_half_as_large": (TWENTY, "gaussian:std=0.07"),
    "weights_twice_as_large": (TWENTY, "gaussian:std=0.28"),
    "saturated_tanh": (TWENTY + ",activation=tanh", "gaussian:std=1"),
    "faded_tanh": ("feedforward:preset=tanh", ""),
    "rectifiers_that_see_one_sign": ("feedforward:preset=layer_relu", ""),
    "narrow": ("feedforward:preset=relu,width=8,depth=60", ""),
    "skips_as_large_as_branches": ("residual:depth=40,width=100,input=100,output=10", ""),
}
TWIN = "feedforward:depth=3,width=100,input=100,output=10"
EXAMPLES, BATCH = 512, 64
RATES = (1e-4, 1e-3, 1e-2)
COLUMNS = ("learned before", "learned after", "cured", "clear", "changes", "checks")


def records(program, words, folder):
    path = os.path.join(folder, "results.jsonl")
    done = subprocess.run([program, *words, "--threads", "1", "--json", path], capture_output=True, text=True)
    if done.returncode not in (0, 1):
        raise SystemExit(f"{' '.join(words)}: {done.stderr.strip()}")
    with open(path, encoding="utf-8") as file:
        return [json.loads(line) for line in file]


def twin_loss(program, seed, epochs, folder):
    """The smallest loss of the last epoch over the rates."""
    losses = []
    for rate in RATES:
        found = records(program, ["train", TWIN, "--init", "he", "--seed", str(seed), "--data", f"teacher:{EXAMPLES}",
                                  "--batch", str(BATCH), "--epochs", str(epochs), "--learning-rate", str(rate)], folder)
        losses.append([record for record in found if record["kind"] == "epoch"][-1]["train_loss"])
    return min(losses)


def mended(program, network, scheme, seed, options, at_random, folder):
    words = ["mend", network, "--seeds", "1", "--seed", str(seed), "--data", f"teacher:{EXAMPLES}", "--budget",
             str(options.budget), "--steps", str(options.epochs * EXAMPLES // BATCH), "--learning-rates",
             ",".join(map(str, RATES)), "--rehearsal-seconds", "600", "-o", os.path.join(folder, "mended.onnx")]
    words += ["--init", scheme] if scheme else []
    words += ["--at-random", str(zlib.crc32(f"{network} {scheme} {seed}".encode()) % 2**31)] if at_random else []
    trials = [record for record in records(program, words, folder) if record["kind"] == "change"]
    kept = [trial for trial in trials if trial["kept"]]
    return trials, kept[0] if kept else None


def row(program, network, scheme, options, at_random, twins, folder):
    """The sum of each column over seeds, and how many were kept."""
    sums = dict.fromkeys(COLUMNS, 0.0) | {"kept": 0}
    for seed in range(1, options.seeds + 1):
        trials, kept = mended(program, network, scheme, seed, options, at_random, folder)
        sums["checks"] += len(trials)
        if not kept or "constant_loss" not in kept:
            continue
        after = kept.get("learned_after") or math.inf
        sums["kept"] += 1
        sums["changes"] += len(kept["changes"])
        sums["clear"] += not kept["left"]
        sums["cured"] += after <= (kept["constant_loss"] + twins[seed]) / 2
        sums["learned before"] += min(kept.get("learned_before") or math.inf, 99)
        sums["learned after"] += min(after, 99)
    return sums


def cells(sums, seeds):
    def mean(key, count):
        return f"{sums[key] / count:.2g}" if count else "-"

    return [mean("learned before", sums["kept"]), mean("learned after", sums["kept"]), f"{sums['cured']:.0f}",
            f"{sums['clear']:.0f}", mean("changes", sums["kept"]), mean("checks", seeds)]


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("program")
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--budget", type=int, default=12)
    parser.add_argument("--epochs", type=int, default=19)
    options = parser.parse_args()
    print(f"| {options.seeds} seeds, {options.budget} checks, {options.epochs * EXAMPLES // BATCH} steps | "
          + " | ".join(COLUMNS) + " | at random: " + " | ".join(COLUMNS[1:]) + " |\n" + "|---" * (2 * len(COLUMNS)) + "|", flush=True)
    with tempfile.TemporaryDirectory() as folder:
        twins = {seed: twin_loss(options.program, seed, options.epochs, folder) for seed in range(1, options.seeds + 1)}
        totals = []
        for name, (network, scheme) in SICK.items():
            both = [row(options.program, network, scheme, options, at_random, twins, folder) for at_random in (False, True)]
            totals.append(both)
            print("| " + " | ".join([name] + cells(both[0], options.seeds) + cells(both[1], options.seeds)[1:]) + " |", flush=True)
        for side in (0, 1):
            total = {key: sum(both[side][key] for both in totals) for key in totals[0][side]}
            print(f"{'at random' if side else 'by findings'}: {total['cured']:.0f} of {len(SICK) * options.seeds} cured, "
                  f"{total['clear']:.0f} clear, {total['changes'] / max(1, total['kept']):.2f} changes, "
                  f"{total['checks'] / len(SICK) / options.seeds:.1f} checks")


main()
