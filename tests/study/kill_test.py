# SPDX-License-Identifier: Apache-2.0
"""kill_test.py PROGRAM: a study that is killed with SIGKILL, again and again, ends as one that is not.

It has a case of every source: a network that is drawn, one that is trained, noise, and independent gates. No trial that was
kept is made again.
"""

import json
import os
import signal
import subprocess
import sys
import tempfile
import time

PROGRAM = sys.argv[1]
KILLS = 3
STUDY = """
title = "t"
[settings]
seeds = 6
[[case]]
name = "drawn"
network = "feedforward:depth=30,width=200,input=9"
measure = "gradient_correlation"
[[case]]
name = "noise"
noise = "brown"
inputs = "grid:-2:2:64"
measure = "gradient_autocorrelation"
[[case]]
name = "gates"
gates = "feedforward:depth=4,width=20,input=9"
inputs = "gaussian:16"
measure = "gradient_correlation"
[[case]]
name = "trained"
network = "thin:depth=6"
inputs = "images:32"
measure = ["train_loss", "gradient_correlation"]
  [case.train]
  examples = 256
  test_examples = 16
  epochs = 2
  batch = 32
"""


def command(folder, out):
    return [PROGRAM, "reproduce", os.path.join(folder, "s.toml"), "--images", "procedural", "--out", os.path.join(folder, out)]


def kept(folder):
    place = os.path.join(folder, "killed", "s.trials")
    return {name for name in os.listdir(place) if name.endswith(".jsonl")} if os.path.isdir(place) else set()


def readings(folder, out):
    with open(os.path.join(folder, out, "s.jsonl"), encoding="utf-8") as file:
        return [line for line in file if json.loads(line)["kind"] in ("reading", "coverage")]


def require(holds, what):
    if not holds:
        sys.exit("FAILED: " + what)
    print(what)


def main():
    with tempfile.TemporaryDirectory() as folder:
        with open(os.path.join(folder, "s.toml"), "w", encoding="utf-8") as file:
            file.write(STUDY)
        subprocess.run(command(folder, "whole"), capture_output=True, check=True)
        hits = 0
        while True:
            before = kept(folder)
            running = subprocess.Popen(command(folder, "killed"), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
            while hits < KILLS and running.poll() is None and len(kept(folder)) < len(before) + 3:
                time.sleep(0.002)
            if hits == KILLS or running.poll() is not None:
                break
            running.send_signal(signal.SIGKILL)
            running.communicate()
            hits += 1
            require(before <= kept(folder), f"killed with {len(kept(folder))} trials kept, those of before among them")
        _, errors = running.communicate()
        require(running.returncode == 0, f"it ends with exit code {running.returncode} {errors if running.returncode else ''}")
        require(hits == KILLS, f"killed {hits} times")
        require(f"{len(before)} trials were kept" in errors, f"the last run made no kept trial again, of {len(before)}")
        require(readings(folder, "killed") == readings(folder, "whole"), "the readings are the same, digit for digit")


main()
