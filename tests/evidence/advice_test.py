#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What the first line of advice does to the sick networks of public reports, made by hand in PyTorch.

    advice_test.py FOLDER_OF_THE_PACKAGE

Each is asked, before and after, to fit random labels of 32 examples: sixty steps of Adam at each of three rates, the best
loss as a share of a constant's. Neither the change nor the training is the program's.
"""

import copy
import importlib
import math
import sys
import warnings

from verdicts import SKIPPED, corpus

EXAMPLES, STEPS, RATES, LEARNED = 32, 60, (1e-3, 3e-3, 1e-2), 0.5
FEWEST_CURED = 15
sys.path.insert(0, sys.argv[1])

try:
    import torch
    from torch import nn
except ImportError:
    print("skipped: needs PyTorch")
    sys.exit(SKIPPED)

import shatterproof as sp  # noqa: E402
from reports_test import CAUSES  # noqa: E402


def without_softmax(model):
    ends = isinstance(model, nn.Sequential) and isinstance(model[-1], (nn.Softmax, nn.LogSoftmax))
    return model[:-1] if ends else model


def first_output(model, x):
    made = model(x)
    made = made[0] if isinstance(made, tuple) else made
    return made.reshape(-1, made.shape[-1])


def task_for(rows, columns):
    """A loss of random answers, and what the best constant has of it."""
    generator = torch.Generator().manual_seed(1)
    if columns == 1:
        targets = torch.randn(rows, 1, generator=generator)
        return lambda output: nn.functional.mse_loss(output, targets), targets.var(unbiased=False).item()
    classes = min(8, columns)
    labels = torch.randint(0, classes, (rows,), generator=generator)
    shares = torch.bincount(labels) / rows
    constant = -(shares * shares.clamp_min(1e-12).log()).sum().item()
    return lambda output: nn.functional.cross_entropy(output[:, :classes], labels), constant


def share_left(model, x):
    """Of a constant's loss, after the best rate."""
    torch.manual_seed(1)
    model, x = without_softmax(model).train(), x[:EXAMPLES]
    with torch.no_grad():
        loss_of, constant = task_for(*first_output(model, x).shape)
    best = math.inf
    for rate in RATES:
        net = copy.deepcopy(model)
        optimizer = torch.optim.Adam(net.parameters(), rate)
        losses = []
        for _ in range(STEPS):
            losses.append(loss_of(first_output(net, x)))
            if not losses[-1].isfinite():
                break
            optimizer.zero_grad()
            losses[-1].backward()
            optimizer.step()
        else:
            best = min(best, sum(loss.item() for loss in losses[-5:]) / 5)
    return best / constant


def told_by_the_first_step(x):
    """Sequences that differ there alone: others a network tells apart without remembering."""
    told = x[:1].expand(x.shape).clone()
    told[:, 0] = x[:, 0]
    return told


def replaced(model, kinds, make):
    """Every module of these kinds by what `make` says, in place."""
    for parent in model.modules():
        for name, child in parent.named_children():
            if isinstance(child, kinds):
                setattr(parent, name, make(child))


def replaced_last(model, kind, by):
    """Puts a module in place of the last one of a kind."""
    places = [(parent, name) for parent in model.modules() for name, child in parent.named_children()
              if isinstance(child, kind)]
    if places:
        setattr(*places[-1], by)


def last_layer(model):
    return [m for m in model.modules() if isinstance(m, (nn.Linear, nn.Conv2d))][-1]


def raise_forget_biases(model, value):
    """Of every LSTM, so that each unit forgets within 1 to so many steps: its gates are those of input, forgetting,
    cell and output."""
    with torch.no_grad():
        for layer in model.modules():
            for name, bias in layer.named_parameters(recurse=False) if isinstance(layer, nn.LSTM) else ():
                if name.startswith("bias_"):
                    steps = torch.empty(layer.hidden_size).uniform_(1, value if name.startswith("bias_ih") else 1)
                    bias.chunk(4)[0].copy_(-steps.log())
                    bias.chunk(4)[1].copy_(steps.log())


def applied(model, x, remedy):
    """Model and inputs after the change; None when it is no change of code that can be made here."""
    kind, scheme, value = remedy["kind"], remedy.get("scheme"), remedy.get("value")
    if kind == "redraw":
        sp.init_(model, scheme)
    elif kind == "standardize_inputs":
        x = (x - x.mean()) / x.std()
    elif kind == "replace_nonlinearity":
        leaks = scheme == "prelu"
        replaced(model, nn.ReLU if leaks else (nn.Sigmoid, nn.Tanh), lambda _: nn.PReLU() if leaks else nn.ReLU())
    elif kind == "bare_output":
        replaced_last(model, nn.ReLU, nn.Identity())
    elif kind == "scale_layer":
        with torch.no_grad():
            last_layer(model).weight.mul_(value)
    elif kind in ("revive", "break_symmetry"):
        own = dict(model.named_parameters())
        wanted = [p for name, p in own.items() if scheme and name in scheme.split()] or list(own.values())
        for parameter in wanted:
            if parameter.dim() > 1:
                nn.init.kaiming_normal_(parameter)
    elif kind == "raise_forget_bias":
        raise_forget_biases(model, value)
    elif kind == "move_norm":
        for layer in model.modules():
            if isinstance(layer, nn.TransformerEncoderLayer):
                layer.norm_first = True
    else:
        return None
    return model, x


def main():
    reports = corpus() / "reports"
    sys.path.insert(0, str(reports))
    warnings.simplefilter("ignore")
    rows, cured, asked = [], 0, 0
    for name in CAUSES:
        script = importlib.import_module(name)
        model, x = script.build(), script.inputs()
        # Long enough that a busy machine does not leave examples out.
        report = sp.check(copy.deepcopy(model).train(), x, rehearsal_seconds=60)
        first = next((f for f in report.findings if f.severity != "info"), None)
        advice = first.remedies[0] if first and first.remedies else None
        if advice is None:
            rows.append((name, first.id if first else "-", "none", None, None))
            continue
        x = told_by_the_first_step(x) if first.id == "vanishing_in_time" else x
        before = share_left(copy.deepcopy(model), x)
        change = applied(copy.deepcopy(model), x, advice)
        after = share_left(*change) if change else None
        asked += 1
        cured += after is not None and after < LEARNED
        rows.append((name, first.id, " ".join(str(advice[key]) for key in ("kind", "scheme", "value") if advice.get(key)), before, after))
        print(*rows[-1], flush=True)
    print("| network | finding | first advice | left before | after |\n|---|---|---|---|---|")
    for name, finding, advice, before, after in rows:
        cells = ["-" if share is None else f"{share:.3g}" for share in (before, after)]
        print(f"| {name} | {finding} | {advice} | {cells[0]} | {cells[1]} |")
    print(f"{cured} of {asked} learn after the first advice")
    return 0 if cured >= FEWEST_CURED else 1


if __name__ == "__main__":
    sys.exit(main())
