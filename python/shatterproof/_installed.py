# SPDX-License-Identifier: Apache-2.0
"""Whether the installed PyTorch is the one that the extension was compiled against."""

from __future__ import annotations

import re

_OLDEST = (1, 13)


def release(version: str) -> tuple[int, int]:
    """The first two numbers of a version; what it is built for or how far it is does not count."""
    found = re.match(r"(\d+)\.(\d+)", version)
    return (int(found[1]), int(found[2])) if found else (0, 0)


def refuse_other_torch() -> None:
    """Compares before anything is loaded: with another PyTorch the extension may load and crash.

    Raises
    ------
    ImportError
        When PyTorch is missing, too old or another one; what to do is in its line.
    """
    try:
        import torch
    except ImportError as error:
        raise ImportError("shatterproof: PyTorch must be installed (pip install torch); it is not") from error
    if release(torch.__version__) < _OLDEST:
        raise ImportError(
            f"shatterproof: PyTorch must be {'.'.join(map(str, _OLDEST))} or later; it is {torch.__version__}"
        )
    from ._built_with import TORCH

    if release(torch.__version__) != release(TORCH):
        raise ImportError(
            f"shatterproof: was compiled with PyTorch {TORCH}; it is {torch.__version__}: install shatterproof again "
            f"(pip install --force-reinstall --no-deps .)"
        )
