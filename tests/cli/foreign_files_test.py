# SPDX-License-Identifier: Apache-2.0
"""foreign_files_test.py PROGRAM: what PyTorch wrote is told for what it is, and the lines in the refusal make it ONNX.

Archives that would fill a disk when they are unpacked are refused like any other: in one line, at once.
"""

import io
import os
import re
import subprocess
import sys
import tempfile
import time
import zipfile

try:
    import torch
except ImportError:
    print("skipped: PyTorch is not installed")
    sys.exit(77)

PROGRAM = sys.argv[1]
SOON = 20  # seconds, of a machine that is busy otherwise


def expect(holds, what):
    if not holds:
        sys.exit(f"does not hold: {what}")
    print(f"holds: {what}")


def refusal(path):
    began = time.monotonic()
    done = subprocess.run([PROGRAM, "check", path], capture_output=True, text=True)
    expect(time.monotonic() - began < SOON, f"{path} is refused soon")
    expect(done.returncode == 2 and done.stdout == "" and done.stderr.count("\n") == 1, f"in one line: {done.stderr.strip()}")
    return done.stderr.strip()


def module():
    torch.manual_seed(1)
    return torch.nn.Sequential(torch.nn.Linear(6, 8), torch.nn.BatchNorm1d(8), torch.nn.ReLU(), torch.nn.Linear(8, 3))


def follow(lines):
    """Runs what a refusal says, as pasted, and checks the file that it makes."""
    if os.path.exists("m.onnx"):
        os.remove("m.onnx")
    exec(lines, {"torch": torch, "model": module(), "x": torch.randn(4, 6)})  # noqa: S102
    done = subprocess.run([PROGRAM, "check", "m.onnx"], capture_output=True, text=True)
    expect(done.returncode in (0, 1) and "2 layers" in done.stdout, f"this makes a network of it: {lines}")


def zip_bomb():
    """A hundred gigabytes of zeros in some hundred kilobytes, as an archive in an archive."""
    inner = io.BytesIO()
    with zipfile.ZipFile(inner, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        archive.writestr("archive/data/0", bytes(100 << 20))
    with zipfile.ZipFile("bomb.pt", "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        archive.writestr("archive/data.pkl", b"\x80\x02.")
        for i in range(1000):
            archive.writestr(f"archive/data/{i}", inner.getvalue())


def main():
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        torch.save(module().state_dict(), "weights.pt")
        said = refusal("weights.pt")
        expect("is a PyTorch checkpoint" in said, "weights are a checkpoint")
        load, export = re.search(r"made it: (.*); then shatterproof\.check\(model, x\), or (.*)$", said).groups()
        follow(f"{load}; {export}")
        torch.save(module().state_dict(), "old.pth", _use_new_zipfile_serialization=False)
        expect("is a PyTorch checkpoint of before 1.6" in refusal("old.pth"), "of an older release too")
        torch.jit.script(module()).save("script.bin")
        said = refusal("script.bin")
        expect("is a TorchScript archive" in said, "a script has its code beside its weights")
        follow(re.search(r"two lines make one: (.*) \(from PyTorch", said).group(1))
        zip_bomb()
        expect("is a PyTorch checkpoint" in refusal("bomb.pt"), "nothing is unpacked")
        with open("weights.pt", "rb") as file:
            whole = file.read()
        for part in (.1, .5, .9, .99):
            with open("cut.pt", "wb") as file:
                file.write(whole[: int(part * len(whole))])
            expect("cut off" in refusal("cut.pt"), "what is cut off is said to be")


main()
