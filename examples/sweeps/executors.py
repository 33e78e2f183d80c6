#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""executors.py processes|dask|mpi STUDY.toml FOLDER: a sweep by an executor of Python, three of many.

mpi needs mpi4py, and is started by the launcher: mpirun -n 5 python3 -m mpi4py.futures executors.py mpi STUDY.toml FOLDER
"""

import sys
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context

import shatterproof as sp


def processes(study: str, folder: str) -> list[dict]:
    # Processes that start anew: those that are forked inherit threads that are no longer there.
    with ProcessPoolExecutor(max_workers=2, mp_context=get_context("spawn")) as executor:
        return sp.sweep(study, folder, executor=executor)


def dask(study: str, folder: str) -> list[dict]:
    from dask.distributed import Client

    with Client(n_workers=2, threads_per_worker=1) as client:  # or the address of a scheduler
        return sp.sweep(study, folder, executor=client.get_executor())


def mpi(study: str, folder: str) -> list[dict]:
    from mpi4py.futures import MPIPoolExecutor

    with MPIPoolExecutor() as executor:
        return sp.sweep(study, folder, executor=executor)


if __name__ == "__main__":
    engine, study, folder = sys.argv[1:]
    records = {"processes": processes, "dask": dask, "mpi": mpi}[engine](study, folder)
    print(sum(record["kind"] == "reading" for record in records), "readings")
