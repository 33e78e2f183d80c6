# SPDX-License-Identifier: Apache-2.0
"""sweep_examples_test.py PROGRAM EXAMPLES [PYTHONPATH]: every example of a launcher makes the bytes of one process.

What is not installed here is said and left out: GNU parallel, mpirun, snakemake, and from Python dask and mpi4py. Slurm has a
script of its own.
"""

import os
import shutil
import subprocess
import sys
import tempfile
import time

PROGRAM, EXAMPLES = map(os.path.abspath, sys.argv[1:3])
PYTHONPATH = sys.argv[3] if len(sys.argv) > 3 else ""
STUDY = os.path.join(EXAMPLES, "edge.toml")
# As root, and with more ranks than processors, which Open MPI takes for mistakes.
ALLOWED = {"OMPI_ALLOW_RUN_AS_ROOT": "1", "OMPI_ALLOW_RUN_AS_ROOT_CONFIRM": "1", "OMPI_MCA_rmaps_base_oversubscribe": "1"}


def example(name):
    return os.path.join(EXAMPLES, name)


def has_module(name):
    return subprocess.run([sys.executable, "-c", f"import {name}"], capture_output=True).returncode == 0


def launchers(folder):
    """(name, whether Python computes, what it needs is there, the command)"""
    python = [sys.executable, example("executors.py")]
    has_package = bool(PYTHONPATH)
    mpirun = shutil.which("mpirun") is not None
    snakefile = ["snakemake", "--snakefile", example("Snakefile"), "--cores", "4", "--config", f"study={STUDY}"]
    return [
        ("parallel", False, shutil.which("parallel"), [example("parallel.sh"), STUDY, folder, "7", "--jobs", "4"]),
        ("mpirun", False, mpirun, [example("mpirun.sh"), STUDY, folder, "-n", "4"]),
        ("snakemake", False, shutil.which("snakemake"), [*snakefile, f"folder={folder}", "shards=5"]),
        ("processes", True, has_package, [*python, "processes", STUDY, folder]),
        ("dask", True, has_package and has_module("distributed"), [*python, "dask", STUDY, folder]),
        ("mpi", True, has_package and mpirun and has_module("mpi4py"),
         ["mpirun", "-n", "4", sys.executable, "-m", "mpi4py.futures", example("executors.py"), "mpi", STUDY, folder]),
    ]  # fmt: skip


def results(folder):
    with open(os.path.join(folder, "results.jsonl"), "rb") as file:
        return file.read()


def main():
    with tempfile.TemporaryDirectory() as place:
        os.symlink(PROGRAM, os.path.join(place, "shatterproof"))
        environment = {**os.environ, **ALLOWED, "PATH": place + ":" + os.environ["PATH"], "OMP_NUM_THREADS": "1"}
        environment["PYTHONPATH"] = PYTHONPATH
        one, one_of_python = os.path.join(place, "one"), os.path.join(place, "one_of_python")
        subprocess.run([PROGRAM, "sweep", STUDY, "--out", one], check=True, capture_output=True)
        # Where OpenBLAS does not know the processor, the program runs with other kernels than Python.
        if PYTHONPATH:
            alone = f"import shatterproof as sp; sp.sweep({STUDY!r}, {one_of_python!r})"
            subprocess.run([sys.executable, "-c", alone], check=True, capture_output=True, env=environment)
        wrong = []
        for name, in_python, is_there, command in launchers(os.path.join(place, "NAME")):
            if not is_there:
                print(f"{name}: not installed here")
                continue
            folder = os.path.join(place, name)
            command = [word.replace(os.path.join(place, "NAME"), folder) for word in command]
            begun = time.time()
            done = subprocess.run(command, capture_output=True, text=True, env=environment, cwd=place, timeout=600)
            same = done.returncode == 0 and results(folder) == results(one_of_python if in_python else one)
            print(f"{name}: {'the bytes of one process' if same else 'FAILED'}, {time.time() - begun:.1f} s")
            if not same:
                wrong.append(f"{name}: exit {done.returncode}\n{done.stdout[-2000:]}\n{done.stderr[-2000:]}")
        if wrong:
            sys.exit("\n".join(wrong))


main()
