# SPDX-License-Identifier: Apache-2.0
"""What the extension was compiled against; written by the build."""

TORCH: str
