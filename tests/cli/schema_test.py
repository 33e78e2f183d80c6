# SPDX-License-Identifier: Apache-2.0
"""schema_test.py PROGRAM SCHEMA: what every command writes with --json fits the schema of results files."""

import json
import os
import subprocess
import sys
import tempfile

try:
    import jsonschema
except ImportError:
    print("skipped: python3-jsonschema is not installed")
    sys.exit(77)

PROGRAM, SCHEMA = sys.argv[1:3]
SMALL = "feedforward:depth=3,width=8,input=4"


def run(*words):
    done = subprocess.run([PROGRAM, *words], capture_output=True, text=True)
    if done.returncode not in (0, 1):
        sys.exit(f"{' '.join(words)}: exit {done.returncode}\n{done.stderr}")
    return done.stdout


def check(what, text, validator, kinds):
    """Every line is a record that fits; the kinds of records come in the order given."""
    records = [json.loads(line) for line in text.splitlines()]
    for record in records:
        for error in validator.iter_errors(record):
            sys.exit(f"{what}: {error.message}\nin {json.dumps(record)[:400]}")
    seen = list(dict.fromkeys(record["kind"] for record in records))
    if seen != kinds:
        sys.exit(f"{what}: records of kinds {seen}, expected {kinds}")
    print(f"{what}: {len(records)} records fit")


def main():
    with open(SCHEMA, encoding="utf-8") as file:
        schema = json.load(file)
    validator = jsonschema.Draft202012Validator(schema)
    rows = [json.loads(line) for line in run("list", "measurements", "--json", "-").splitlines()]
    names = [row["name"] for row in rows if row["needs"] != "untrained weights"]
    of_training = [row["name"] for row in rows if row["needs"] == "untrained weights"]
    check("check", run("check", SMALL, "--seeds", "2", "--json", "-"), validator,
          ["context", "graph", "reading", "prediction", "verdict", "coverage"])
    shattered = "feedforward:depth=30,width=40,norm=batch,input=40"
    check("check with findings", run("check", shattered, "--seeds", "2", "--json", "-"), validator,
          ["context", "graph", "reading", "prediction", "finding", "verdict", "coverage"])
    check("measure everything", run("measure", "feedforward:depth=3,width=8", *names, "--seeds", "2", "--json", "-"),
          validator, ["context", "graph", "reading", "prediction", "coverage"])
    predicted = ["gradient_correlation", "gradient_variance", "correlation_length", "coactivation"]
    check("predict", run("predict", SMALL, *predicted, "--json", "-"), validator, ["context", "prediction"])
    check("predict on a grid", run("predict", "feedforward:depth=2", "gradient_autocorrelation", "--json", "-"), validator,
          ["context", "prediction"])
    with tempfile.TemporaryDirectory() as folder:
        study = os.path.join(folder, "study.toml")
        with open(study, "w", encoding="utf-8") as file:
            file.write("title = 'a'\n" + "".join(
                f"[[case]]\nname = '{name}'\n{source}\ninputs = 'grid:-1:1:16'\nseeds = 2\n"
                "measure = 'gradient_autocorrelation'\n[[case.claim]]\nat = 0\nexpected = 1\nprovenance = 'R'\n"
                for name, source in (("net", "network = 'feedforward:depth=2,width=8'"), ("noise", "noise = 'white'"))))
        check("reproduce", run("reproduce", study, "--json", "-", "--out", folder), validator,
              ["context", "case", "reading", "prediction", "claim", "coverage"])
        swept = os.path.join(folder, "swept.toml")
        with open(swept, "w", encoding="utf-8") as file:
            file.write("title = 'a'\n[sweep]\nnetwork = 'feedforward:width=8,input=8'\ninputs = 'gaussian:16'\nseeds = 2\n"
                       "check = true\nmeasure = 'gradient_correlation'\n[sweep.axes]\nnorm = ['none', 'batch']\n"
                       "depth = [2, 30]\n")
        run("sweep", swept, "--out", os.path.join(folder, "swept"))
        with open(os.path.join(folder, "swept", "results.jsonl"), encoding="utf-8") as file:
            check("sweep", file.read(), validator, ["context", "case", "reading", "prediction", "finding", "coverage"])
        model = os.path.join(folder, "model.onnx")
        run("build", SMALL + ",output=3", "-o", model)
        check("measure a file", run("measure", model, *names, "--json", "-"), validator, ["context", "graph", "reading", "coverage"])
        check("compare with initial weights", run("measure", model, *of_training, "--initial", model, "--json", "-"), validator,
              ["context", "graph", "reading", "coverage"])
        check("mend", run("mend", shattered, "--seeds", "1", "--budget", "4", "-o", os.path.join(folder, "mended.onnx"),
                          "--json", "-"), validator,
              ["context", "case", "graph", "reading", "finding", "coverage", "difference", "change"])
        check("compare", run("compare", shattered, SMALL, "--seeds", "2", "--no-rehearsal", "--json", "-"), validator,
              ["context", "case", "graph", "reading", "prediction", "finding", "coverage", "difference"])
        check("coordinates", run("coordinates", "feedforward:input=8,output=4", "--widths", "8,16,32", "--depths", "2,3,4",
                                 "--steps", "1", "--seeds", "1", "--json", "-"), validator, ["context", "reading"])
        check("train", run("train", "thin:depth=6", "--data", "procedural:32", "--test", "procedural:8:100", "--epochs", "2",
                           "--batch", "16", "--measure", "sign_diversity@2", "--json", "-"), validator,
              ["context", "reading", "epoch", "coverage"])
        records = os.path.join(folder, "cifar.bin")
        with open(records, "wb") as file:
            file.write(b"".join(bytes([label]) + bytes(3072) for label in range(3)))
        of_images = os.path.join(folder, "of_images.onnx")
        run("build", "feedforward:depth=1,width=4,input=3072,output=10", "-o", of_images)
        check("evaluate", run("evaluate", of_images, "--inputs", "cifar10:" + records, "--json", "-"), validator,
              ["context", "reading", "coverage"])
    broken = json.loads(run("measure", SMALL, names[0], "--seeds", "1", "--json", "-").splitlines()[0])
    broken["seeds"] = "two"
    if validator.is_valid(broken):
        sys.exit("the schema accepts a context whose seeds are a word: it checks nothing")


main()
