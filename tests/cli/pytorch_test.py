# SPDX-License-Identifier: Apache-2.0
"""pytorch_test.py PROGRAM TAPS_FORMAT: the hooks of docs/taps_format.md write a dump that measures as PyTorch does."""

import json
import os
import re
import subprocess
import sys
import tempfile

try:
    import torch
except ImportError:
    print("skipped: python3-torch is not installed")
    sys.exit(77)

PROGRAM, PAGE = sys.argv[1:3]
TOLERANCE = 1e-5  # float32 gradients, sums in double


def shown_hooks():
    with open(PAGE, encoding="utf-8") as file:
        code = re.search(r"^```python\n(.*?)^```", file.read(), re.MULTILINE | re.DOTALL).group(1)
    names = {}
    exec(code, names)
    return names["dump_taps"]


def measured(folder, *names):
    done = subprocess.run([PROGRAM, "measure", "--taps", folder, *names, "--json", "-"], capture_output=True, text=True)
    if done.returncode:
        sys.exit(f"exit {done.returncode}: {done.stderr}")
    records = [json.loads(line) for line in done.stdout.splitlines()]
    return [record for record in records if record["kind"] == "reading"]


def main():
    torch.manual_seed(1)
    model = torch.nn.Sequential(torch.nn.Linear(6, 16), torch.nn.ReLU(), torch.nn.Linear(16, 16), torch.nn.ReLU(),
                                torch.nn.Linear(16, 1)).eval()
    x = torch.randn(32, 6)
    with tempfile.TemporaryDirectory() as folder:
        shown_hooks()(model, x, folder)
        readings = measured(folder, "gradient_correlation", "activation_fraction")

    x = x.clone().requires_grad_(True)
    model(x).sum().backward()
    g = x.grad.double()
    pairs = (g.sum(0) @ g.sum(0) - (g * g).sum()) / (len(g) * (len(g) - 1))
    expected = (pairs / (g * g).sum(1).mean()).item()
    got = next(r["value"] for r in readings if r["name"] == "gradient_correlation" and r["type"] == "scalar")
    if abs(got - expected) > TOLERANCE:
        sys.exit(f"gradient_correlation {got}, PyTorch says {expected}")

    active = (model[0](x) > 0).double().mean().item()
    curve = next(r for r in readings if r["name"] == "activation_fraction" and r["type"] == "curve")
    if abs(curve["y"][0] - active) > TOLERANCE:
        sys.exit(f"activation_fraction {curve['y'][0]}, PyTorch says {active}")
    print(f"gradient_correlation {got:.6f}, activation_fraction {active:.4f}: as PyTorch")


main()
