# SPDX-License-Identifier: Apache-2.0
"""What enters the softmax of attentions, also where PyTorch shows none."""

import json
import math

import pytest
import torch
from torch.overrides import handle_torch_function, has_torch_function

from shatterproof import _native
from shatterproof.check import _call, _prepared

SINGLE = 1e-5


def scaled_dot_product_attention(query, key, value, attn_mask=None, dropout_p=0.0, is_causal=False, scale=None):
    """PyTorch 2's function, seen as that is: whole."""
    tensors = (query, key, value)
    if has_torch_function(tensors):
        options = {"attn_mask": attn_mask, "dropout_p": dropout_p, "is_causal": is_causal, "scale": scale}
        return handle_torch_function(scaled_dot_product_attention, tensors, *tensors, **options)
    return torch.softmax(logits(query, key, attn_mask, is_causal, scale), -1) @ value


def logits(query, key, mask, is_causal, scale):
    scores = query @ key.transpose(-2, -1) * (1 / math.sqrt(query.size(-1)) if scale is None else scale)
    if is_causal:
        scores = scores + torch.full(scores.shape[-2:], -math.inf).triu(1)
    return scores if mask is None else scores + mask


class Attention(torch.nn.Module):
    """Two heads, as one call or written out."""

    def __init__(self, whole, mask=None, is_causal=False, scale=None):
        super().__init__()
        torch.manual_seed(1)
        self.maps = torch.nn.ModuleList(torch.nn.Linear(8, 8) for _ in range(4))
        self.whole, self.mask, self.is_causal, self.scale = whole, mask, is_causal, scale

    def forward(self, x):
        q, k, v = (m(x).view(*x.shape[:2], 2, 4).transpose(1, 2) for m in self.maps[:3])
        if self.whole:
            y = scaled_dot_product_attention(q, k, v, attn_mask=self.mask, is_causal=self.is_causal, scale=self.scale)
        else:
            y = torch.softmax(logits(q, k, self.mask, self.is_causal, self.scale), -1) @ v
        return self.maps[3](y.transpose(1, 2).reshape(x.shape)).sum(1)


def readings(model, x):
    with _prepared(model.eval(), x, None, None) as live:
        lines = _native.measure(_call(live, model, None, "random", None, 0, 1), ["attention_logits"])
    found = [r for r in map(json.loads, lines.splitlines()) if r["kind"] == "reading"]
    return {r["name"]: torch.tensor(r["y"]) for r in found if "undefined" not in r}


MASK = torch.zeros(5, 5)
MASK[:, 3:] = -math.inf


@pytest.mark.parametrize("options", [{}, {"is_causal": True}, {"mask": MASK}, {"scale": 3.0}])
def test_one_call_reads_as_what_it_is_made_of(options):
    x = torch.randn(3, 5, 8, generator=torch.Generator().manual_seed(2))
    whole, apart = (readings(Attention(whole, **options), x) for whole in (True, False))
    assert set(whole) == {"attention_logits", "attention_entropy", "attention_entropy_of_heads"}
    for name, values in whole.items():
        assert torch.allclose(values, apart[name], rtol=SINGLE), name


def test_numbers_are_those_of_plain_pytorch():
    x = torch.randn(3, 5, 8, generator=torch.Generator().manual_seed(2))
    model = Attention(False, is_causal=True)
    q, k = (m(x).view(3, 5, 2, 4).transpose(1, 2).double() for m in model.maps[:2])
    scores = logits(q, k, None, True, None)
    p = torch.softmax(scores, -1)
    allowed = torch.arange(1, 6).double()
    entropy = torch.special.entr(p).sum(-1)[:, :, 1:] / allowed[1:].log()
    read = readings(model, x)
    largest = scores[scores.isfinite()].abs().max()
    assert read["attention_logits"].item() == pytest.approx(largest.item(), rel=SINGLE)
    assert read["attention_entropy"].item() == pytest.approx(entropy.mean().item(), rel=SINGLE)
    assert read["attention_entropy_of_heads"].tolist() == pytest.approx(entropy.mean((0, 2)).tolist(), rel=SINGLE)
