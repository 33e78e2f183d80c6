#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# sweep_slurm.sh PROGRAM EXAMPLES: a real Slurm, one controller and two nodes on this machine, runs the example's 200 units as an
# array; the merge must be byte for byte that of one process. Needs slurm-wlm, munge and root; touches nothing outside its folder
# but the socket of munged, which it starts where none runs.
set -eu
if [ -z "${SHATTERPROOF_SLURM:-}" ]; then
  echo "skipped: SHATTERPROOF_SLURM=1 starts a Slurm on this machine"
  exit 77
fi
program=$(realpath "$1") examples=$(realpath "$2")
folder=$(mktemp -d)
host=$(hostname -s)
started=()
stop() {
  for pid in "${started[@]}"; do kill "$pid" 2>/dev/null || true; done
  wait
  rm -rf "$folder"
}
trap stop EXIT
cd "$folder"
mkdir bin state spool1 spool2
ln -s "$program" bin/shatterproof
export PATH=$folder/bin:$PATH

if ! munge -n >/dev/null 2>&1; then
  [ -e /etc/munge/munge.key ] || (umask 077 && head -c 1024 /dev/urandom > /etc/munge/munge.key)
  mkdir -p /run/munge
  chown munge: /etc/munge/munge.key /run/munge /var/log/munge /var/lib/munge
  runuser -u munge -- /usr/sbin/munged --foreground > munged.log 2>&1 &
  started+=($!)
  for _ in $(seq 50); do munge -n >/dev/null 2>&1 && break; sleep 0.2; done
fi

cat > slurm.conf <<EOF
ClusterName=here
SlurmctldHost=$host(127.0.0.1)
SlurmUser=root
SlurmdUser=root
AuthType=auth/munge
SlurmctldPort=16817
StateSaveLocation=$folder/state
SlurmdSpoolDir=$folder/spool%n
SlurmctldPidFile=$folder/slurmctld.pid
SlurmdPidFile=$folder/slurmd.%n.pid
ProctrackType=proctrack/pgid
TaskPlugin=task/none
SchedulerType=sched/builtin
SelectType=select/cons_tres
SelectTypeParameters=CR_Core
ReturnToService=2
MpiDefault=none
NodeName=1 NodeHostname=$host NodeAddr=127.0.0.1 Port=17001 CPUs=1 State=UNKNOWN
NodeName=2 NodeHostname=$host NodeAddr=127.0.0.1 Port=17002 CPUs=1 State=UNKNOWN
PartitionName=all Nodes=1,2 Default=YES MaxTime=INFINITE State=UP
EOF
export SLURM_CONF=$folder/slurm.conf
slurmctld -D > slurmctld.log 2>&1 &
started+=($!)
for node in 1 2; do
  slurmd -D -N $node > slurmd.$node.log 2>&1 &
  started+=($!)
done
for _ in $(seq 100); do
  [ "$(sinfo -h -N -t idle 2>/dev/null | wc -l)" = 2 ] && break
  sleep 0.2
done
sinfo || { cat ./*.log; exit 1; }

shatterproof sweep "$examples/edge.toml" --out one --threads 1
begun=$(date +%s)
sbatch --wait --array=1-8 "$examples/slurm.sbatch" "$examples/edge.toml" "$folder/array"
echo "an array of 8 tasks on two nodes took $(($(date +%s) - begun)) s"
cat sweep.1.log sweep.8.log
shatterproof sweep "$examples/edge.toml" --out array --merge
cmp one/results.jsonl array/results.jsonl
echo "byte for byte that of one process"
