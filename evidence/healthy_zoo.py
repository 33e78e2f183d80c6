#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Judges architectures as they are published, with the weights that PyTorch gives them: none is sick.

    healthy_zoo.py [NAME ...]

Those of tests/views, small as they are there, live, on 32 standardized examples of noise. The package must be importable. Prints a
row for each, then how many got each word.
"""

import collections
import importlib
import os
import pathlib
import sys
import time
import warnings

import torch

import shatterproof as sp

ROOT = pathlib.Path(__file__).resolve().parents[1]
EXAMPLES = 32
# Made to be read, not to be trained: every activation or norm of PyTorch behind another.
NOT_PUBLISHED = {
    "every_activation",
    "hand_written_activations",
    "hand_written_norms",
    "gated_linear_units",
    "maxout",
    "subtracted_branches",
}


def architectures():
    sys.path.insert(0, str(ROOT / "tests" / "views"))
    listed = importlib.import_module("architecture")
    listed.EXAMPLES = EXAMPLES
    for file in sorted((ROOT / "tests" / "views").glob("*.py")):
        if file.stem not in ("architecture", "attention", "export"):
            importlib.import_module(file.stem)
    return [one for one in listed.ARCHITECTURES if one.name not in NOT_PUBLISHED]


def main():
    warnings.simplefilter("ignore")
    torch.set_num_threads(1)
    wanted = sys.argv[1:]
    words = collections.Counter()
    print("| architecture | verdict | findings | seconds |\n|---|---|---|---|")
    for one in architectures():
        if wanted and one.name not in wanted:
            continue
        torch.manual_seed(1)
        module, batch = one.build(), one.inputs()
        begin = time.process_time()
        try:
            report = sp.check(module.train(), batch)
            word = report.verdict
            found = [r for r in report.records if r["kind"] == "finding" and r["severity"] != "info"]
            text = ", ".join(f"{r['id']} ({r['severity']})" for r in found if not r.get("cause"))
        except Exception as error:
            word, text = "refused", str(error).splitlines()[0]
        words[word] += 1
        print(f"| {one.name} | {word} | {text} | {time.process_time() - begin:.1f} |", flush=True)
    print(f"\n{sum(words.values())} architectures: {dict(words)}")


if __name__ == "__main__":
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    main()
