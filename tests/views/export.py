#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""export.py FOLDER [FORM ...] [--only NAME ...]: the architectures of the corpus, as PyTorch exports them.

FORM is TorchScript's eval, training or preserve and an operator set, as eval13; or dynamo18, or optimized18 where the dynamo
exporter also merges and folds, as it does by default. FOLDER/NAME_FORM.onnx is a
network, FOLDER/NAME_FORM.view what it is made of: a line each for layers, nonlinearities, norms, sums, attentions and
parameters, counted in the module. Exits 77 where Python has no PyTorch.
"""
import argparse
import logging
import pathlib
import sys
import warnings

try:
    import torch
    from torch import nn
except ImportError:
    print("SKIPPED: Python has no PyTorch (apt install python3-torch)")
    sys.exit(77)

import activations, convolutional, feedforward, generative, recurrent, reparametrized, residual, transformer, vision_transformer  # noqa: F401
from architecture import ARCHITECTURES

FORMS = ["eval13", "training13", "preserve13", "eval17", "training17", "preserve17"]
CONVOLUTIONS = (nn.Conv1d, nn.Conv2d, nn.Conv3d)
BATCH_NORMS = (nn.BatchNorm1d, nn.BatchNorm2d, nn.BatchNorm3d)


def folded_pairs(module):
    """Convolutions whose batch norm is the next module of the same parent: the exporter makes them one."""
    pairs = []
    for parent in module.modules():
        children = list(parent.children())
        pairs += [(a, b) for a, b in zip(children, children[1:]) if isinstance(a, CONVOLUTIONS) and isinstance(b, BATCH_NORMS)]
    return pairs


def view(architecture, module, mode):
    numbers = {key: getattr(architecture, key) for key in ("layers", "nonlinearities", "norms", "sums", "attentions")}
    numbers["parameters"] = sum(p.numel() for p in module.parameters() if p.requires_grad)
    numbers["parameters"] += architecture.folded.get(mode, 0)
    for convolution, norm in folded_pairs(module) if mode in ("eval", "optimized") and architecture.folds else []:
        numbers["norms"] -= 1
        numbers["parameters"] -= 2 * norm.num_features
        # The dynamo exporter leaves out biases that are zero, as those of fresh norms are.
        numbers["parameters"] += norm.num_features if convolution.bias is None and mode == "eval" else 0
    numbers.update(architecture.dynamo if mode in ("dynamo", "optimized") else {})
    return numbers


def mode_and_opset(form):
    mode = form.rstrip("0123456789")
    return mode, int(form[len(mode):])


def export(architecture, form, stem):
    mode, opset = mode_and_opset(form)
    torch.manual_seed(1)
    module, inputs = architecture.build(), architecture.inputs()
    module.train(mode == "training")
    names = [f"x{i}" for i in range(len(inputs))]
    path = f"{stem}.onnx"
    if mode in ("dynamo", "optimized"):
        free = tuple({0: torch.export.Dim.DYNAMIC} for _ in inputs)
        torch.onnx.export(module, inputs, path, input_names=names, opset_version=opset, dynamo=True,
                          optimize=mode == "optimized", external_data=False, dynamic_shapes=free, verbose=False)
    else:
        modes = torch.onnx.TrainingMode
        options = {"training": getattr(modes, mode.upper()), "opset_version": opset, "do_constant_folding": mode == "eval"}
        if opset > 13:  # the others are frozen at the size of the example
            options["dynamic_axes"] = {name: {0: "batch"} for name in names}
        if torch.__version__ >= "2":
            options["dynamo"] = False
        torch.onnx.export(module, inputs, path, input_names=names, **options)
    numbers = view(architecture, module, mode)
    pathlib.Path(f"{stem}.view").write_text("".join(f"{key} {value}\n" for key, value in numbers.items()))


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=pathlib.Path)
    parser.add_argument("forms", nargs="*", default=FORMS)
    parser.add_argument("--only", nargs="*", default=[])
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    warnings.simplefilter("ignore")
    logging.disable(logging.WARNING)
    failed = 0
    for architecture in ARCHITECTURES:
        if arguments.only and architecture.name not in arguments.only:
            continue
        for form in arguments.forms:
            mode, opset = mode_and_opset(form)
            if opset < architecture.opset or (mode == "training" and not architecture.training):
                continue
            try:
                export(architecture, form, arguments.folder / f"{architecture.name}_{form}")
            except Exception as error:
                failed += 1
                print(f"{architecture.name} {form}: {type(error).__name__}: {str(error).strip().splitlines()[0][:300]}")
    sys.exit(1 if failed else 0)


main()
