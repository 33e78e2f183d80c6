# SPDX-License-Identifier: Apache-2.0
"""What is learned by heart in one company alone is not learned."""

import torch
from torch import nn

import shatterproof as sp

torch.manual_seed(0)
X = torch.randn(64, 5, 8)
LABELS = torch.randint(0, 4, (64,))


class Rows(nn.Module):
    """Steps first inside; rows are made of that, or of examples."""

    def __init__(self, mixes):
        super().__init__()
        torch.manual_seed(1)
        self.mixes, self.first, self.last = mixes, nn.Linear(8, 16), nn.Linear(80, 4)

    def forward(self, x):
        steps = torch.relu(self.first(x.transpose(0, 1)))
        return self.last((steps if self.mixes else steps.transpose(0, 1)).reshape(-1, 80))


def test_rows_of_several_examples_are_critical_also_where_the_own_loss_falls():
    report = sp.check(Rows(True), X, labels=LABELS, loss=nn.functional.cross_entropy)
    (finding,) = (f for f in report.findings if f.id == "coupled_examples")
    assert report.verdict == "critical" and finding.severity == "critical"
    assert "reshape" in finding.next and "transpose or permute" in finding.next


def test_rows_of_one_example_are_fine():
    report = sp.check(Rows(False), X, labels=LABELS, loss=nn.functional.cross_entropy)
    assert report.verdict == "healthy", report
