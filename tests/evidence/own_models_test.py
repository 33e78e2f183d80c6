#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The README's commands for a model of one's own give the right word of ten PyTorch modules.

    own_models_test.py PROGRAM README.md

Modules are exported by the line that the README has for this PyTorch, then checked on a batch of theirs.
"""

import pathlib
import re
import sys
import tempfile

from verdicts import SKIPPED, Verdict


def export_line(readme, version):
    """The export line for a PyTorch of this version, as code."""
    lines = re.findall(r"^(torch\.onnx\.export\(.*\)) +# (before|from) (\d+)\.(\d+)", readme, re.MULTILINE)
    return next(code for code, when, *since in lines
                if (version < tuple(map(int, since))) == (when == "before"))


def main():
    try:
        import numpy
        import torch

        from own_models import OWN_MODELS
    except ImportError as missing:
        print(f"skipped: {missing}")
        return SKIPPED
    program, readme = sys.argv[1], pathlib.Path(sys.argv[2]).read_text(encoding="utf-8")
    version = tuple(int(part) for part in torch.__version__.split(".")[:2])
    code = export_line(readme, version)
    wrong = 0
    with tempfile.TemporaryDirectory() as folder:
        for name, (module, batch, word) in OWN_MODELS.items():
            torch.manual_seed(1)
            model, x = module(), batch()
            file = pathlib.Path(folder) / f"{name}.onnx"
            exec(code.replace('"model.onnx"', repr(str(file))), {"torch": torch, "model": model, "x": x})
            numpy.save(file.with_suffix(".npy"), x.numpy())
            # More than any takes, so that no verdict depends on what else the machine does.
            verdict = Verdict(program, file, "--inputs", str(file.with_suffix(".npy")), "--rehearsal-seconds", "60")
            right = verdict.word == word
            wrong += not right
            print(f"{'right' if right else 'WRONG'} {name}: {verdict}; should be {word}", flush=True)
    return 1 if wrong else 0


sys.exit(main())
