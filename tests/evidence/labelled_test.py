#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Labelled architectures, one seed of each: most that are known not to train are called critical, few others.

    labelled_test.py PROGRAM
"""

import pathlib
import re
import subprocess
import sys

import intervals
from verdicts import corpus

LEAST_RECALL, MOST_FALSE_ALARMS = 0.8, 0.1


def main():
    folder = corpus()
    script = pathlib.Path(intervals.__file__).with_name("labelled.py")
    made = subprocess.run([sys.executable, str(script), sys.argv[1], str(folder / "autotrainer_blob_mnist.json"),
                           str(folder / "autotrainer_to_onnx.py"), "1"], capture_output=True, text=True, check=False)
    print(made.stdout + made.stderr)
    line = re.search(r"at critical: recall (\S+).*false alarms (\S+)", made.stdout)
    if made.returncode != 0 or not line:
        return 1
    recall, false_alarms = map(float, line.groups())
    return 0 if recall >= LEAST_RECALL and false_alarms <= MOST_FALSE_ALARMS else 1


sys.exit(main())
