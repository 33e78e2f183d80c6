# SPDX-License-Identifier: Apache-2.0
"""Modules that run otherwise than a training is meant to."""

from __future__ import annotations

from torch import nn


def _runs_on_untouched_statistics(module: nn.Module) -> bool:
    if not isinstance(module, nn.modules.batchnorm._BatchNorm) or module.training:
        return False
    return module.track_running_stats and int(module.num_batches_tracked or 0) == 0


def remark_on_modes(model: nn.Module) -> str:
    """What is to be said of batch normalizations that ``eval()`` keeps from normalizing anything.

    They are checked with statistics of the batch, as ``train()`` has it. Trained that way they would run on running
    statistics that no batch has moved, mean 0 and variance 1.
    """
    found = [path for path, module in model.named_modules() if _runs_on_untouched_statistics(module)]
    if not found:
        return ""
    others = f" and {len(found) - 1} more" if len(found) > 1 else ""
    return (
        f"{found[0]}{others}: in eval mode with running statistics that no batch has moved, so that it would normalize "
        "nothing; checked as in training: call model.train() before training"
    )
