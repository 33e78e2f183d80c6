# SPDX-License-Identifier: Apache-2.0
"""terminal_test.py PROGRAM: colours and progress are for terminals that want them; lines keep to 80 columns."""

import os
import pty
import re
import subprocess
import sys

PROGRAM = sys.argv[1]
SICK = "feedforward:depth=30,width=40,norm=batch,input=40,output=10"
WORDS = ["check", SICK, "--seeds", "2", "--no-rehearsal"]
COLOUR = re.compile("\x1b\\[[0-9;]*m")


def on_terminal(words, **more):
    """What a command prints on a terminal of its own, both streams together."""
    environment = {**os.environ, "TERM": "xterm", **more}
    if "NO_COLOR" not in more:
        environment.pop("NO_COLOR", None)
    mine, its = pty.openpty()
    child = subprocess.Popen([PROGRAM, *words], stdin=subprocess.DEVNULL, stdout=its, stderr=its, env=environment)
    os.close(its)
    printed = b""
    while True:
        try:
            some = os.read(mine, 4096)
        except OSError:  # its other end is closed
            break
        if not some:
            break
        printed += some
    child.wait()
    return printed.decode().replace("\r\n", "\n")


def expect(holds, what):
    if not holds:
        sys.exit(f"does not hold: {what}")
    print(f"holds: {what}")


def main():
    piped = subprocess.run([PROGRAM, *WORDS], capture_output=True, text=True)
    expect("\x1b" not in piped.stdout + piped.stderr and piped.stderr == "", "a pipe has no colour and no progress")
    shown = on_terminal(WORDS)
    expect("verdict   \x1b[33mWATCH\x1b[0m\n" in shown and "exploding   \x1b[33mwatch\x1b[0m   layers" in shown, "colours")
    expect("\r\x1b[Kmeasuring: 0 of 2" in shown, "progress is a line that replaces itself")
    tried = on_terminal(["check", "feedforward:depth=12,width=20,input=20,output=10", "--init", "gaussian:std=.6"])
    expect("\r\x1b[Krehearsing one batch; so far: exploding" in tried, "what the readings suggest is told before it is tried")
    plain = re.sub("\r?\x1b\\[K[^\r\n]*(?=\r)|\r\x1b\\[K", "", COLOUR.sub("", shown))
    expect(plain == piped.stdout, "without them it is what a pipe gets")
    for name, value in (("NO_COLOR", "1"), ("TERM", "dumb")):
        expect(not COLOUR.search(on_terminal(WORDS, **{name: value})), f"{name}={value}: no colour")
    expect(COLOUR.search(on_terminal(WORDS, NO_COLOR="")), "an empty NO_COLOR says nothing")
    expect(not COLOUR.search(on_terminal(["explain", "exploding"])), "explain has no colour")
    hostile = on_terminal(["check", "residual:norm=\x1b[31mred"])
    expect("\x1b[31m" not in hostile, "names have no colour of their own")
    for words in (WORDS, ["compare", SICK, SICK.replace("30", "2"), "--seeds", "2", "--no-rehearsal"],
                  ["measure", SICK, "gradient_correlation", "--seeds", "2"]):
        done = subprocess.run([PROGRAM, *words], capture_output=True, text=True)
        wide = [line for line in done.stdout.splitlines() if len(line) > 80 and " " in line.strip()]
        expect(not wide, f"{words[0]}: 80 columns are kept {wide}")


main()
