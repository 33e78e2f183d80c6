# SPDX-License-Identifier: Apache-2.0
"""A share with its uncertainty."""

import math


def interval(hits, tries):
    """Share of hits with Wilson's interval at 95 %, as "0.94 (0.72 to 0.99)"; "-" of nothing."""
    if tries == 0:
        return "-"
    z, share = 1.96, hits / tries
    middle = (share + z * z / (2 * tries)) / (1 + z * z / tries)
    half = z * math.sqrt(share * (1 - share) / tries + z * z / (4 * tries * tries)) / (1 + z * z / tries)
    return f"{share:.2f} ({max(0, middle - half):.2f} to {min(1, middle + half):.2f})"
