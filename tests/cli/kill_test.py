# SPDX-License-Identifier: Apache-2.0
"""kill_test.py PROGRAM: training that is killed with SIGKILL, three times, ends as training that is not.

On one thread with the same bits; on two with the same loss to 1e-6 of it. Ctrl-C keeps the step it interrupts.
"""

import json
import os
import signal
import subprocess
import sys
import tempfile
import time

PROGRAM = sys.argv[1]
TRAIN = ["train", "thin:depth=6,dropout=0.05", "--data", "procedural:256", "--test", "procedural:64:1000", "--batch", "32",
         "--epochs", "4", "--augment", "image", "--learning-rate", "0.003", "--json", "-"]
RELATIVE = 1e-6


def command(folder, name, threads):
    return [PROGRAM, *TRAIN, "--threads", str(threads), "-o", os.path.join(folder, name + ".onnx")]


def epochs(text):
    return [record for record in map(json.loads, text.splitlines()) if record["kind"] == "epoch"]


def whole(folder, name, threads):
    done = subprocess.run(command(folder, name, threads), capture_output=True, text=True, check=True)
    return epochs(done.stdout)


def checkpoints(folder):
    return len([name for name in os.listdir(folder) if name.endswith(".checkpoint")]) if os.path.isdir(folder) else 0


def interrupted(folder, name, threads, with_signal, times):
    """Trains in spite of so many signals, each after a checkpoint more; the epochs, and how many signals hit."""
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
        return epochs(text), hits


def bytes_of(folder, name):
    with open(os.path.join(folder, name + ".onnx"), "rb") as file:
        return file.read()


def require(holds, what):
    if not holds:
        sys.exit("FAILED: " + what)
    print(what)


def main():
    with tempfile.TemporaryDirectory() as folder:
        straight = whole(folder, "straight", 1)
        for name, with_signal in (("killed", signal.SIGKILL), ("stopped", signal.SIGINT)):
            losses, hits = interrupted(folder, name, 1, with_signal, 3)
            require(hits == 3, f"{name}: the signal came three times")
            require(bytes_of(folder, name) == bytes_of(folder, "straight"), f"{name}: the same bits on one thread")
            require([epoch["train_loss"] for epoch in losses] == [epoch["train_loss"] for epoch in straight],
                    f"{name}: the same losses in every epoch")
        two = whole(folder, "two", 2)
        losses, _ = interrupted(folder, "killed_two", 2, signal.SIGKILL, 3)
        worst = max(abs(a["train_loss"] / b["train_loss"] - 1) for a, b in zip(losses, two, strict=True))
        require(worst <= RELATIVE, f"on two threads losses differ by {worst:.1g} of themselves")


main()
