#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Thirty networks out of public reports: fine ones are told so, sick ones are found with their cause.

    reports_test.py PROGRAM
"""

import concurrent.futures
import pathlib
import re
import subprocess
import sys
import tempfile

from verdicts import SKIPPED, Verdict, corpus

# What is named first must be among these.
CAUSES = {
    "a1_plain11": {"vanishing"}, "a2_linear100": {"non_finite", "exploding"}, "a5_rand01": {"exploding"},
    "b1_vgg_default": {"vanishing"}, "b3_googlenet": {"vanishing"}, "b5_relu2d": {"vanishing", "dead_layer"},
    "d1_pt_postnorm": {"post_norm"}, "d3_gpt_emb1": {"large_outputs"}, "e1_sig4": {"vanishing", "saturated"},
    "e2_makemore": {"saturated", "large_outputs"}, "f5_lstm200": {"vanishing_in_time"}, "g1_relu421": {"dead_layer"},
    "h1_fashion255": {"unscaled_inputs"}, "i1_zeros_softmax": {"dead_layer"}, "i3_lora_both0": {"dead_layer"},
    "i5_lavt_gate": {"dead_layer"}, "j3_rand_sigmoid": {"saturated"}}
FEWEST_FOUND, MOST_UNTRUE_WATCHES = 15, 2


def truths(page):
    """Whether each network is sick, as the table beside the networks says."""
    rows = re.findall(r"^\| (\w+) \| (sick|fine|seed decides)", page.read_text(encoding="utf-8"), re.MULTILINE)
    return {name: truth != "fine" for name, truth in rows}


def judged(program, script, folder):
    """The verdict; None of a network that this PyTorch does not write to the operator set its script asks for."""
    made = subprocess.run([sys.executable, "-W", "ignore", str(script), str(folder)], capture_output=True, text=True, check=False)
    if "UnsupportedOperatorError" in made.stderr:
        return None
    if made.returncode != 0:
        sys.exit(f"{script.name}: {made.stderr.strip().splitlines()[-1]}")
    inputs = [f"x{number}={file}" if number else f"x={file}"
              for number in range(4) for file in [folder / (f"inputs{number}.npy" if number else "inputs.npy")]
              if file.exists()]
    source = ",".join(inputs) if len(inputs) > 1 else inputs[0].removeprefix("x=")
    return Verdict(program, folder / "model.onnx", "--inputs", source)


def main():
    program = sys.argv[1]
    try:
        import torch  # noqa: F401  pylint: disable=unused-import,import-outside-toplevel
    except ImportError:
        print("skipped: needs PyTorch")
        return SKIPPED
    reports = corpus() / "reports"
    sick = truths(reports / "README.md")
    complaints, untrue, found, unwritten = [], [], 0, 0
    with tempfile.TemporaryDirectory() as folder, concurrent.futures.ThreadPoolExecutor(2) as pool:
        verdicts = {name: pool.submit(judged, program, reports / f"{name}.py", pathlib.Path(folder) / name)
                    for name in sick}
        for name, made in verdicts.items():
            verdict = made.result()
            if verdict is None:
                print(f"left out: {name}, which this PyTorch does not write", flush=True)
                unwritten += sick[name]
                continue
            print(f"{'sick' if sick[name] else 'fine'} {name}: {verdict}", flush=True)
            if sick[name]:
                found += bool(verdict.causes) and verdict.causes[0] in CAUSES[name]
            elif verdict.word == "critical":
                complaints.append(f"{name} is fine and called critical: {verdict}")
            elif verdict.word == "watch":
                untrue.append(name)
    written, fewest = sum(sick.values()) - unwritten, FEWEST_FOUND - unwritten
    if found < fewest:
        complaints.append(f"{found} of {written} sick networks found with their cause, fewer than {fewest}")
    if len(untrue) > MOST_UNTRUE_WATCHES:
        complaints.append(f"{len(untrue)} fine networks on watch: {', '.join(untrue)}")
    print(f"{found} of {written} sick ones found with their cause; of {len(sick) - sum(sick.values())} fine "
          f"ones {len(untrue)} on watch")
    print("\n".join(complaints))
    return 1 if complaints else 0


if __name__ == "__main__":
    sys.exit(main())
