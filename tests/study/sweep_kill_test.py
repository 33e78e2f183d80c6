# SPDX-License-Identifier: Apache-2.0
"""sweep_kill_test.py PROGRAM [KILLS]: workers of a sweep that are killed with SIGKILL, at any time, lose nothing.

Two workers run at a time, each of half of the units, and now one, now the other is killed and started again. No unit that was
kept is made again, and the merge is byte for byte that of one process.
"""

import os
import random
import signal
import subprocess
import sys
import tempfile
import time

PROGRAM = sys.argv[1]
KILLS = int(sys.argv[2]) if len(sys.argv) > 2 else 4
SEED = 20
SWEEP = """
title = "t"
[settings]
inputs = "gaussian:64"
measure = "gradient_correlation"
seeds = %d
[sweep]
network = "feedforward:width=100,input=32"
[sweep.axes]
norm = ["none", "batch"]
depth = [10, 20, 40, 60]
"""


def sweep(folder, out, *words):
    return [PROGRAM, "sweep", os.path.join(folder, "s.toml"), "--out", os.path.join(folder, out), "--threads", "1", *words]


def kept(folder):
    place = os.path.join(folder, "killed", "units")
    if not os.path.isdir(place):
        return {}
    return {name: os.stat(os.path.join(place, name)).st_mtime_ns for name in os.listdir(place) if name.endswith(".jsonl")}


def results(folder, out):
    with open(os.path.join(folder, out, "results.jsonl"), "rb") as file:
        return file.read()


def require(holds, what):
    if not holds:
        sys.exit("FAILED: " + what)
    print(what)


def start(folder, shard):
    return subprocess.Popen(sweep(folder, "killed", "--shard", f"{shard}/2"), stdout=subprocess.PIPE, stderr=subprocess.PIPE)


def main():
    chance = random.Random(SEED)
    with tempfile.TemporaryDirectory() as folder:
        with open(os.path.join(folder, "s.toml"), "w", encoding="utf-8") as file:
            file.write(SWEEP % (8 * KILLS))
        subprocess.run(sweep(folder, "whole"), capture_output=True, check=True)
        workers = {1: start(folder, 1), 2: start(folder, 2)}
        kills = 0
        for _ in range(KILLS):
            time.sleep(chance.uniform(0.0, 0.8))
            shard = chance.choice([1, 2])
            before = kept(folder)
            if workers[shard].poll() is None:
                workers[shard].send_signal(signal.SIGKILL)
                kills += 1
            workers[shard].communicate()
            after = kept(folder)
            if any(after.get(name) != when for name, when in before.items()):
                sys.exit("FAILED: a unit that was kept is gone or was made again")
            workers[shard] = start(folder, shard)
        for worker in workers.values():
            worker.communicate()
        require(all(worker.returncode == 0 for worker in workers.values()), f"the last workers end well, after {kills} kills")
        status = subprocess.run(sweep(folder, "killed", "--status"), capture_output=True, text=True)
        require(status.returncode == 0, "all units are done")
        for _ in range(2):
            subprocess.run(sweep(folder, "killed", "--merge"), capture_output=True, check=True)
            require(results(folder, "killed") == results(folder, "whole"), "the merge is byte for byte that of one process")


main()
