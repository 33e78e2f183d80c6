#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# A sweep by GNU parallel: as many processes as there are processors, or over the machines of --sshloginfile that share the folder.
#
#   ./parallel.sh edge.toml edge 16
set -eu
study=$1 folder=$2 shards=$3
shift 3
seq "$shards" | parallel --halt soon,fail=1 "$@" shatterproof sweep "$study" --out "$folder" --shard "{}/$shards" --threads 1
shatterproof sweep "$study" --out "$folder" --merge
