#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# A sweep by an MPI launcher, which only starts the processes: their ranks say which share each takes.
#
#   ./mpirun.sh edge.toml edge -n 4
set -eu
study=$1 folder=$2
shift 2
mpirun "$@" shatterproof sweep "$study" --out "$folder" --threads 1
shatterproof sweep "$study" --out "$folder" --merge
