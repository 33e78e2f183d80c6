# SPDX-License-Identifier: Apache-2.0
"""documents_test.py PROGRAM ROOT: what the documents show is true, every fenced block of them.

- `$ shatterproof ...` with its output below: the program prints that, but for digits; a line `...` stands for lines left out.
- `shatterproof ...`: the program does it. Files of the user have stand-ins, see `stand_ins`. A command whose comment says
  "minutes" is not run; the study that it names must exist.
- json is parsed, toml reproduced as a study, python compiled and, where it imports nothing but the standard library, run.
- cpp stands, but for white space, in a file under tests/ or examples/, which compiles it. README's is a program of its own, run
  by tests/consumer.

A command that stands on a line of its own outside a block is one that this test would miss, and is refused.
"""

import ast
import glob
import json
import os
import random
import re
import shlex
import signal
import struct
import subprocess
import sys
import tempfile

PROGRAM, ROOT = sys.argv[1:3]
NOT_OURS = {"cmake", "make", "cd", "npm", "afl-fuzz", "SHATTERPROOF=../build/dev/shatterproof"}
FINE = (0, 1)  # healthy, findings


def run(words, folder, fine=FINE):
    done = subprocess.run([PROGRAM, *words], capture_output=True, text=True, cwd=folder)
    if done.returncode not in fine:
        raise AssertionError(f"exit code {done.returncode}: {done.stderr.strip()}")
    return done.stdout


def stand_ins(folder):
    """A small network for images, before and after training, images for it, a dump, results, a study; the examples."""
    draw = random.Random(1)

    def path(name):
        return os.path.join(folder, name)

    run(["build", "thin:depth=6", "-o", "initial.onnx"], folder)
    run(["measure", "initial.onnx", "gradient_correlation", "--json", "results.jsonl"], folder)
    run(["check", "feedforward:depth=3,width=8,input=8", "--seeds", "1", "--dump", "DIR"], folder)
    for name in ["data_batch_1.bin", "data_batch_2.bin", "test_batch.bin", "DIR/data_batch_1.bin", "DIR/test_batch.bin"]:
        with open(path(name), "wb") as file:
            file.write(b"".join(bytes([i % 10]) + draw.randbytes(3072) for i in range(40)))
    run(["train", "initial.onnx", "--data", "cifar10:data_batch_1.bin", "--standardize", "--epochs", "1", "--batch", "20",
         "-o", "trained.onnx"], folder)
    os.symlink(os.path.join(ROOT, "examples"), path("examples"))
    for alias, name in [("model.onnx", "trained.onnx"), ("x.jsonl", "results.jsonl")]:
        os.link(path(name), path(alias))
    header = "{'descr': '<f4', 'fortran_order': False, 'shape': (32, 3, 32, 32), }"
    with open(path("images.npy"), "wb") as file:
        file.write(b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)) + header.encode())
        file.write(b"".join(struct.pack("<f", draw.gauss(0, 1)) for _ in range(32 * 3072)))
    with open(path("my_figure.toml"), "w", encoding="utf-8") as file:
        file.write("title = 'mine'\n[[case]]\nname = 'net'\nnetwork = 'feedforward:depth=2,width=8'\ninputs = 'grid:-1:1:16'\n"
                   "seeds = 2\nmeasure = 'gradient_autocorrelation'\n")


def masked(text):
    """Words without the numbers and sparklines between them, which differ in the last digit between machines."""
    text = re.sub("[▁▂▃▄▅▆▇█]+", "#", text)
    return re.sub(r"[-+]?\d[\d.e+-]*", "#", text).split()


def stands_in(words, parts):
    """Whether the parts follow each other in the words, the first at their beginning and the last at their end."""
    if words[: len(parts[0])] != parts[0] or words[len(words) - len(parts[-1]) :] != parts[-1]:
        return False
    at = 0
    for part in parts:
        at = next((i for i in range(at, len(words) + 1) if words[i : i + len(part)] == part), None)
        if at is None:
            return False
        at += len(part)
    return at == len(words) or len(parts) > 1


def show(block, folder):
    command, expected = block.split("\n", 1)
    printed = run(shlex.split(command.removeprefix("$ shatterproof ")), folder)
    if not stands_in(masked(printed), [masked(part) for part in expected.split("\n...\n")]):
        raise AssertionError(f"prints\n{printed}\nthe document says\n{expected}")


def serve(words, folder):
    """A laboratory that is opened and ended."""
    child = subprocess.Popen([PROGRAM, *words, "--no-browser"], stdout=subprocess.PIPE, text=True, cwd=folder)
    address = child.stdout.readline()
    child.send_signal(signal.SIGINT)
    if child.wait() != 130 or not address.startswith("http://127.0.0.1:"):
        raise AssertionError(f"{shlex.join(words)}: serves nothing: {address}")


def run_commands(block, folder, studies):
    for line in block.replace("\\\n", " ").splitlines():
        command, _, comment = line.partition(" #")
        words = shlex.split(command)
        if not words or words[0].startswith("#") or words[0] in NOT_OURS:
            continue
        if words[0] != "shatterproof":
            raise AssertionError(f"begins with no program that is known here: {line}")
        if words[1:2] == ["lab"]:
            serve(words[1:], folder)
        elif "minutes" in comment:
            if not any(name.split("/")[0] == words[2] or name == words[2] for name in studies):
                raise AssertionError(f"no such study: {words[2]}")
        else:
            run(words[1:], folder)


def imports_of(tree):
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name.split(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield node.module.split(".")[0]


def run_python(block, folder):
    tree = ast.parse(block)
    names = set(imports_of(tree))
    # Lines for a program that has them, or that go on with the block before.
    undeclared = ("torch" in block and "torch" not in names) or ("sp." in block and "shatterproof" not in names)
    if names <= set(sys.stdlib_module_names) and not undeclared:
        done = subprocess.run([sys.executable, "-c", block], capture_output=True, text=True, cwd=folder)
        if done.returncode != 0:
            raise AssertionError(done.stderr)


def compiled_text():
    for pattern in ("tests/**/*.cpp", "examples/**/*.cpp"):
        for name in glob.glob(os.path.join(ROOT, pattern), recursive=True):
            with open(name, encoding="utf-8") as file:
                yield " ".join(file.read().split())


def check_block(language, block, document, folder, studies):
    if block.startswith("$ shatterproof "):
        show(block, folder)
    elif language == "sh":
        run_commands(block, folder, studies)
    elif language == "python":
        run_python(block, folder)
    elif language == "json":
        for line in block.splitlines():
            json.loads(line)
    elif language == "toml":
        with open(os.path.join(folder, "shown.toml"), "w", encoding="utf-8") as file:
            file.write(block)
        run(["reproduce", "shown.toml", "--quick"], folder)
    elif language == "cpp" and document != "README.md":
        if not any(" ".join(block.split()) in text for text in compiled_text()):
            raise AssertionError("stands in no file under tests/ or examples/ that compiles it")
    elif language == "" and re.search(r"^\s*(\$ )?shatterproof ", block, re.MULTILINE):
        raise AssertionError("commands stand in a block marked sh")


def check_document(name, folder, studies):
    with open(os.path.join(ROOT, name), encoding="utf-8") as file:
        text = file.read()
    found = re.findall(r"^```(\w*)\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)
    for language, block in found:
        try:
            check_block(language, block, name, folder, studies)
        except (AssertionError, SyntaxError, ValueError) as wrong:
            yield f"{name}: in the block\n{block}{wrong}"
    for line in re.findall(r"^`shatterproof [^`]*`$", text, re.MULTILINE):
        yield f"{name}: {line} belongs into a block, so that it is run"
    print(f"{name}: {len(found)} blocks")


def main():
    names = ["README.md", "CONTRIBUTING.md"] + sorted(
        os.path.relpath(path, ROOT) for folder in ("docs", "examples")
        for path in glob.glob(os.path.join(ROOT, folder, "**/*.md"), recursive=True))
    with tempfile.TemporaryDirectory() as folder:
        stand_ins(folder)
        studies = [json.loads(line)["name"] for line in run(["list", "studies", "--json", "-"], folder).splitlines()]
        wrong = [text for name in names for text in check_document(name, folder, studies)]
    if wrong:
        sys.exit("\n\n".join(wrong))


main()
