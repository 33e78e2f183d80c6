# SPDX-License-Identifier: Apache-2.0
"""memory_test.py PROGRAM: what commands take at most, beside the program itself, against --memory.

A command that cannot keep to it refuses with exit code 2. The program itself, with LibTorch, is what the smallest command takes.
"""

import os
import subprocess
import sys
import tempfile

PROGRAM = sys.argv[1]
MIB = 1 << 20
MOST = 1.1
# Allocators keep and round; threads have stacks.
SLACK = 64 * MIB

# Limit in MiB and the rest of the command; @ stands for a file of 90 MiB, # for one of 370 MiB.
COMMANDS = [
    (64, "check feedforward:depth=3,width=8"),
    (64, "check feedforward:depth=3,width=8 --batch 4096"),
    (256, "check feedforward:depth=3,width=8 --batch 16384"),
    (256, "check feedforward:depth=3,width=8 --inputs gaussian:300000"),
    (256, "check feedforward:depth=3,width=8 --inputs gaussian:3000000"),
    (256, "check feedforward:depth=3,width=8,input=1000"),
    (256, "check feedforward:depth=3,width=8,input=1000 --batch 10000"),
    (256, "check feedforward:depth=3,width=8,input=1000 --inputs gaussian:50000"),
    (256, "check feedforward:depth=3,width=8,input=1000000"),
    (300, "check feedforward:depth=4,width=8000"),
    (300, "check residual:depth=4,width=8000"),
    (300, "check feedforward:depth=50,width=500"),
    (300, "check feedforward:depth=50,width=500 --seeds 5 --threads 4"),
    (256, "check residual:depth=50,width=200,norm=batch"),
    (256, "check thin:depth=30"),
    (256, "check transformer_pre_norm:depth=4,width=64"),
    (64, "measure feedforward:depth=3,width=8 gradient_autocorrelation --inputs path:100000"),
    (64, "measure feedforward:depth=3,width=8 gradient_autocorrelation --inputs grid:-2:2:1000000"),
    (256, "measure feedforward:depth=20,width=500 correlation_length"),
    (256, "measure feedforward:depth=20,width=500 nonlinearity_coefficient --batch 8192"),
    (256, "measure feedforward:depth=3,width=8,input=3000 effective_rank --batch 4096"),
    (256, "measure feedforward:depth=3,width=8,input=3000 gradient_covariance --batch 4096"),
    (32, "check @"),
    (100, "check @"),
    (200, "check @"),
    (300, "check #"),
    (600, "check #"),
    (200, "check @ --init he --seeds 4 --threads 4"),
    (100, "init @ --with he -o OUT.onnx"),
    (200, "init @ --with he -o OUT.onnx"),
    (256, "train thin:depth=6 --data procedural:256 --epochs 1 --batch 256"),
]


def peak(words):
    """Exit code and the most resident memory, of a process of its own."""
    pid = os.posix_spawn(PROGRAM, [PROGRAM, *words], os.environ,
                         file_actions=[(os.POSIX_SPAWN_OPEN, fd, "/dev/null", os.O_WRONLY, 0) for fd in (1, 2)])
    _, status, usage = os.wait4(pid, 0)
    return os.waitstatus_to_exitcode(status), usage.ru_maxrss * 1024


def main():
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        for name, width in (("small", 2800), ("large", 5700)):
            subprocess.run([PROGRAM, "build", f"feedforward:depth=3,width={width},input={width}", "-o", name + ".onnx"],
                           check=True, capture_output=True)
        _, program = peak(["measure", "feedforward:depth=2,width=4", "effective_rank", "--seeds", "1", "--batch", "4"])
        print(f"the program itself: {program // MIB} MiB")
        broken = 0
        for limit, line in COMMANDS:
            words = line.replace("@", "small.onnx").replace("#", "large.onnx").split() + ["--memory", f"{limit}M"]
            if words[0] == "check":
                words.append("--no-rehearsal")
            code, most = peak(words)
            ratio = (most - program) / (limit * MIB)
            held = code == 2 or most - program <= MOST * limit * MIB + SLACK
            broken += not held
            print(f"{'' if held else 'BROKEN '}{'refused' if code == 2 else f'{ratio:.2f} times'}  {limit} MiB  {line}", flush=True)
        sys.exit(1 if broken else 0)


main()
