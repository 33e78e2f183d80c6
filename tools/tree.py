# SPDX-License-Identifier: Apache-2.0
"""The files of a source tree, for the checks beside this file."""

import os
import sys

SKIPPED_FOLDERS = {".git", "build", "node_modules", "dist", "golden", "__pycache__"}


def files(root, *suffixes):
    """Paths below `root`, relative and sorted, that end in one of `suffixes` (all files without any)."""
    found = []
    for folder, subfolders, names in os.walk(root):
        subfolders[:] = sorted(set(subfolders) - SKIPPED_FOLDERS)
        for name in set(names) - {".git"}:
            if not suffixes or name.endswith(suffixes):
                found.append(os.path.relpath(os.path.join(folder, name), root))
    return sorted(found)


def read(root, path):
    with open(os.path.join(root, path), encoding="utf-8", errors="replace") as file:
        return file.read()


def root_argument():
    """The tree to check: the first argument, or the one this file lies in."""
    return sys.argv[1] if len(sys.argv) > 1 else os.path.dirname(os.path.dirname(os.path.abspath(__file__)))


def report(complaints, praise):
    """Prints every complaint and exits 1, or prints `praise` and exits 0."""
    for complaint in complaints:
        print(complaint)
    if complaints:
        sys.exit(1)
    print(praise)
