# SPDX-License-Identifier: Apache-2.0
"""The command line, in process."""

from __future__ import annotations

import sys

from . import _native


def main() -> int:
    """Runs ``shatterproof`` with the words of the command line."""
    return _native.run_command(sys.argv[1:])


if __name__ == "__main__":
    sys.exit(main())
