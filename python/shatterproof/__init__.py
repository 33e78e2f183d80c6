# SPDX-License-Identifier: Apache-2.0
"""Judges before training whether a network's gradients shatter, explode or vanish, why, and what to change.

>>> import shatterproof as sp
>>> report = sp.check(model, batch)
"""

from __future__ import annotations

from ._installed import refuse_other_torch

refuse_other_torch()

try:
    from . import _native  # noqa: F401
except ImportError as error:
    raise ImportError(
        f"shatterproof: its extension does not load; install it again (pip install --force-reinstall --no-deps .). "
        f"Cause: {error}"
    ) from error

from ._native import IoError, Network, captured_command  # noqa: E402
from .callbacks import lightning_callback, trainer_callback  # noqa: E402
from .check import check, measure  # noqa: E402
from .initialize import init_  # noqa: E402
from .networks import build, family, load  # noqa: E402
from .report import Finding, Report  # noqa: E402
from .sweep import sweep  # noqa: E402
from .watch import FindingWarning, Watch, watch  # noqa: E402

#: The library's, as ``shatterproof --version`` prints it: a folder that is not installed has no metadata.
__version__: str = captured_command(["--version"])[1].split()[-1]

__all__ = [
    "Finding",
    "FindingWarning",
    "IoError",
    "Network",
    "Report",
    "Watch",
    "__version__",
    "build",
    "check",
    "family",
    "init_",
    "lightning_callback",
    "load",
    "measure",
    "sweep",
    "trainer_callback",
    "watch",
]
