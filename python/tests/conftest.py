# SPDX-License-Identifier: Apache-2.0
import sys
import textwrap
import warnings

import pytest
import torch
from written_files import IMPORTS, Written


@pytest.fixture(autouse=True)
def seeded():
    torch.manual_seed(1)
    torch.set_num_threads(2)
    warnings.simplefilter("ignore", UserWarning)


@pytest.fixture
def written(tmp_path, monkeypatch):
    """What makes a file of the user's of a source."""

    def of(source, imports=IMPORTS, folder=tmp_path, **raw):
        return Written(folder, monkeypatch, imports + textwrap.dedent(source), **raw)

    yield of
    for name in [name for name in sys.modules if name.startswith("written_net_")]:
        sys.modules.pop(name)
