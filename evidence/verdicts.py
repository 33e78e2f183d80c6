# SPDX-License-Identifier: Apache-2.0
"""What `shatterproof check` says of a file, and where the data of the tests lie."""

import json
import os
import pathlib
import subprocess
import sys

SKIPPED = 77


def corpus():
    """The folder of networks with known truth beside $SHATTERPROOF_DATA; skips the test where there is none."""
    data = os.environ.get("SHATTERPROOF_DATA", "")
    folder = pathlib.Path(data).resolve().parent / "corpus" if data else None
    if folder is None or not folder.is_dir():
        print("skipped: no corpus beside $SHATTERPROOF_DATA")
        sys.exit(SKIPPED)
    return folder


class Verdict:
    """Verdict and findings of one check."""

    def __init__(self, program, model, *options):
        results = pathlib.Path(model).with_suffix(".jsonl")
        results.unlink(missing_ok=True)
        made = subprocess.run([program, "check", str(model), "--threads", "1", "--quiet", "--json", str(results), *options],
                              capture_output=True, text=True, check=False)
        if made.returncode not in (0, 1):
            sys.exit(f"{model}: exit {made.returncode}: {made.stderr.strip()}")
        with open(results, encoding="utf-8") as lines:
            records = [json.loads(line) for line in lines]
        self.word = next(record["verdict"] for record in records if record["kind"] == "verdict")
        #: Findings above a note that stand for themselves.
        self.causes = [record["id"] for record in records
                       if record["kind"] == "finding" and record["severity"] != "info" and not record.get("cause")]

    def __str__(self):
        return f"{self.word} {', '.join(self.causes)}"
