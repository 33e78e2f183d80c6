# SPDX-License-Identifier: Apache-2.0
"""readme_test.py PROGRAM README: the commands shown with a prompt print what the README says, but for digits."""

import re
import subprocess
import sys

PROGRAM, README = sys.argv[1:3]


def masked(text):
    """Words without the numbers and sparklines between them, which differ in the last digit between machines."""
    text = re.sub("[▁▂▃▄▅▆▇█]+", "#", text)
    return re.sub(r"[-+]?\d[\d.e+-]*", "#", text).split()


def main():
    with open(README, encoding="utf-8") as file:
        shown = re.findall(r"^```\n\$ shatterproof (.*)\n((?:.*\n)*?)```$", file.read(), re.MULTILINE)
    if not shown:
        sys.exit("the README shows no command with its output")
    for command, expected in shown:
        printed = subprocess.run([PROGRAM, *command.split()], capture_output=True, text=True).stdout
        if masked(printed) != masked(expected):
            sys.exit(f"shatterproof {command}\nprints\n{printed}\nthe README says\n{expected}")
        print(f"as shown: shatterproof {command}")


main()
