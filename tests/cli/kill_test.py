# SPDX-License-Identifier: Apache-2.0
"""kill_test.py PROGRAM [KILLS]: training that is killed with SIGKILL, three times, ends as training that is not.

On one thread with the same bits and the same results, dates, speeds and the command aside; on two with the same loss to 1e-6
of it. Ctrl-C keeps the step it interrupts. A second run is kept out of the folder.
"""

import json
import os
import signal
import subprocess
import sys
import tempfile
import time

PROGRAM = sys.argv[1]
KILLS = int(sys.argv[2]) if len(sys.argv) > 2 else 3
TRAIN = ["train", "thin:depth=6,dropout=0.05", "--data", "procedural:256", "--test", "procedural:64:1000", "--batch", "32",
         "--epochs", "4", "--augment", "image", "--learning-rate", "0.003", "--measure", "gradient_confusion@3", "--measure",
         "sign_diversity@1e", "--json", "-"]
RELATIVE = 1e-6


def command(folder, name, threads):
    return [PROGRAM, *TRAIN, "--threads", str(threads), "-o", os.path.join(folder, name + ".onnx")]


def records(text):
    """All that is the same in every run."""
    found = [json.loads(line) for line in text.splitlines()]
    for record in found:
        for key in ("date", "images_per_second", "command"):
            record.pop(key, None)
    return found


def losses_of(text):
    return [record["train_loss"] for record in records(text) if record["kind"] == "epoch"]


def whole(folder, name, threads):
    done = subprocess.run(command(folder, name, threads), capture_output=True, text=True, check=True)
    return done.stdout


def checkpoints(folder):
    return len([name for name in os.listdir(folder) if name.endswith(".checkpoint")]) if os.path.isdir(folder) else 0


def interrupted(folder, name, threads, with_signal, times):
    """Trains in spite of so many signals, each after a checkpoint more; the results, and how many signals hit."""
    kept = os.path.join(folder, name)
    words = command(folder, name, threads) + ["--checkpoint", kept, "--checkpoint-every", "3", "--resume", "--keep", "100"]
    hits = 0
    while True:
        seen = checkpoints(kept)
        running = subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        while hits < times and running.poll() is None and checkpoints(kept) < seen + 2:
            time.sleep(0.005)
        if hits < times and running.poll() is None:
            running.send_signal(with_signal)
            hits += 1
            running.communicate()
            continue
        text, errors = running.communicate()
        if running.returncode:
            sys.exit(f"{name}: exit {running.returncode}\n{errors}")
        return text, hits


def bytes_of(folder, name):
    with open(os.path.join(folder, name + ".onnx"), "rb") as file:
        return file.read()


def require(holds, what):
    if not holds:
        sys.exit("FAILED: " + what)
    print(what)


def refused_while_another_runs(folder):
    words = command(folder, "locked", 1) + ["--checkpoint", os.path.join(folder, "locked"), "--resume", "--checkpoint-every", "1"]
    words[words.index("--epochs") + 1] = "100000"
    with subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as first:
        while first.poll() is None and checkpoints(os.path.join(folder, "locked")) < 2:
            time.sleep(0.005)
        second = subprocess.run(words, capture_output=True, text=True, check=False)
        first.kill()
    require(second.returncode == 2 and "another run is working" in second.stderr, "a second run is kept out of the folder")


def main():
    with tempfile.TemporaryDirectory() as folder:
        straight = whole(folder, "straight", 1)
        for name, with_signal in (("killed", signal.SIGKILL), ("stopped", signal.SIGINT)):
            text, hits = interrupted(folder, name, 1, with_signal, KILLS)
            require(hits >= min(KILLS, 3), f"{name}: the signal came {hits} times")
            require(bytes_of(folder, name) == bytes_of(folder, "straight"), f"{name}: the same bits on one thread")
            require(records(text) == records(straight), f"{name}: the same results, line by line")
        two = whole(folder, "two", 2)
        text, _ = interrupted(folder, "killed_two", 2, signal.SIGKILL, 3)
        worst = max(abs(a / b - 1) for a, b in zip(losses_of(text), losses_of(two), strict=True))
        refused_while_another_runs(folder)
        require(worst <= RELATIVE, f"on two threads losses differ by {worst:.1g} of themselves")


main()
