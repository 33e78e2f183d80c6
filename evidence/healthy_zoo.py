#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Judges networks that train, with the weights that their authors or PyTorch give them: none is sick.

    healthy_zoo.py [--files PROGRAM] [NAME ...]

The standard networks at two sizes, and the architectures of tests/views, small as they are there; live, on 32 standardized examples of
noise, the package importable. With --files the standard networks are exported as the README says, and the program checks the files.
Prints a row for each, then how many got each word.
"""

import collections
import functools
import importlib
import os
import pathlib
import sys
import tempfile
import time
import warnings

import numpy
import torch

import standard_sequences  # noqa: F401, which adds its networks
from standard_networks import EXAMPLES, NETWORKS
from verdicts import Verdict

ROOT = pathlib.Path(__file__).resolve().parents[1]
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


def small(one):
    return lambda: (one.build().train(), one.inputs())


def zoo():
    """Names, and what gives a module and its inputs."""
    for name, build in NETWORKS.items():
        for size, word in enumerate(("small", "usual")):
            yield f"{name} ({word})", functools.partial(build, size)
    for one in architectures():
        yield one.name, small(one)


def live_verdict(module, inputs):
    import shatterproof as sp

    report = sp.check(module, inputs)
    found = [r for r in report.records if r["kind"] == "finding" and r["severity"] != "info" and not r.get("cause")]
    return report.verdict, ", ".join(r["id"] for r in found)


def file_verdict(program, module, inputs):
    options = {"training": torch.onnx.TrainingMode.PRESERVE, "do_constant_folding": False}
    if tuple(map(int, torch.__version__.split(".")[:2])) >= (2, 9):
        options = {"dynamo": True, "optimize": False, "external_data": False}
    names = [f"input_{i}" for i in range(len(inputs))]
    with tempfile.TemporaryDirectory() as folder:
        file = pathlib.Path(folder) / "network.onnx"
        torch.onnx.export(module, inputs, str(file), input_names=names, **options)
        for name, value in zip(names, inputs):
            numpy.save(file.with_name(name), value.numpy())
        verdict = Verdict(program, file, "--inputs", f"npy:{folder}")
    return verdict.word, ", ".join(verdict.causes)


def main():
    warnings.simplefilter("ignore")
    torch.set_num_threads(1)
    wanted, judge = sys.argv[1:], live_verdict
    of_files = wanted[:1] == ["--files"]
    if of_files:
        judge, wanted = functools.partial(file_verdict, wanted[1]), wanted[2:]
    words = collections.Counter()
    print("| network | verdict | findings | seconds |\n|---|---|---|---|")
    for name, build in zoo():
        if (wanted and name not in wanted and name.split()[0] not in wanted) or (of_files and "(" not in name):
            continue
        torch.manual_seed(1)
        begin = time.monotonic()
        try:
            word, text = judge(*build())
        except (Exception, SystemExit) as error:
            word, text = "refused", (str(error).splitlines() or [repr(error)])[0]
        words[word] += 1
        print(f"| {name} | {word} | {text} | {time.monotonic() - begin:.1f} |", flush=True)
    print(f"\n{sum(words.values())} networks: {dict(words)}")


if __name__ == "__main__":
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    main()
