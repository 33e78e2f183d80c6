# SPDX-License-Identifier: Apache-2.0
import warnings

import pytest
import torch


@pytest.fixture(autouse=True)
def seeded():
    torch.manual_seed(1)
    torch.set_num_threads(2)
    warnings.simplefilter("ignore", UserWarning)
