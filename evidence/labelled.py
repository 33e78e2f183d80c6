#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Judges labelled architectures before training and counts.

    labelled.py PROGRAM ARCHITECTURES.json WRITER.py [SEED ...]

ARCHITECTURES.json is a list of layer lists, each with a label that is "buggy" for those known not to train; WRITER.py FILE
FOLDER SEED... writes DATASET_NUMBER_NAME_seedSEED.onnx of each. Seeds are 1 to 5 unless given.
"""

import collections
import json
import pathlib
import subprocess
import sys
import tempfile

from intervals import interval
from verdicts import Verdict


def main():
    if len(sys.argv) < 4:
        sys.exit(__doc__)
    program, architectures, writer, *seeds = sys.argv[1:]
    seeds = seeds or ["1", "2", "3", "4", "5"]
    with open(architectures, encoding="utf-8") as file:
        listed = json.load(file)
    counts = {True: collections.Counter(), False: collections.Counter()}
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run([sys.executable, writer, architectures, folder, *seeds], check=True)
        for number, one in enumerate(listed):
            for seed in seeds:
                model = pathlib.Path(folder) / f"{one['dataset']}_{number}_{one['name']}_seed{seed}.onnx"
                counts[one["label"] == "buggy"][Verdict(program, model).word] += 1
    for is_sick, name in ((True, "sick"), (False, "fine")):
        print(name, dict(counts[is_sick]))
    for words in (("critical",), ("critical", "watch")):
        hits, alarms = sum(counts[True][w] for w in words), sum(counts[False][w] for w in words)
        print(f"called sick at {' or '.join(words)}: recall {interval(hits, sum(counts[True].values()))}, "
              f"precision {interval(hits, hits + alarms)}, "
              f"false alarms {interval(alarms, sum(counts[False].values()))}")


main()
