# SPDX-License-Identifier: Apache-2.0
"""check_models.py FOLDER: onnx.checker, with shape inference, on every exported network of the folder."""
import pathlib
import sys

try:
    import onnx
except ImportError:
    print("SKIPPED: Python has no onnx (apt install python3-onnx)")
    sys.exit(77)

failures = 0
paths = sorted(pathlib.Path(sys.argv[1]).glob("*.onnx"))
for path in paths:
    try:
        onnx.checker.check_model(str(path), full_check=True)
        model = onnx.load(str(path))
        assert [(o.domain, o.version) for o in model.opset_import] == [("", 17)]
        assert model.ir_version == 8 and model.producer_name == "shatterproof"
        print(f"ok    {path.stem}")
    except Exception as error:  # the checker's own errors have no common type
        failures += 1
        print(f"FAIL  {path.stem}: {error}")
print(f"{len(paths) - failures} of {len(paths)} networks pass onnx.checker {onnx.__version__}")
sys.exit(0 if paths and failures == 0 else 1)
