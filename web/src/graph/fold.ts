// SPDX-License-Identifier: Apache-2.0
// Finds the blocks that a network repeats, so that it can be drawn with each of them once.

import type { Graph } from "../records.ts";

/** `count` blocks of `period` nodes each, from node `first` on. */
export interface Run {
  readonly first: number;
  readonly period: number;
  readonly count: number;
}

const LEAST_COUNT = 3;
const LONGEST_PERIOD = 64;

// Nodes with the same operator that read from equally far back are alike.
function signatures({ nodes, edges }: Graph): string[] {
  const sources = nodes.map((): number[] => []);
  for (const { from, to } of edges) sources[to]?.push(to - from);
  return nodes.map(
    ({ operator }, index) => `${operator} ${(sources[index] ?? []).sort((a, b) => a - b).join(" ")}`,
  );
}

function repeats(signs: readonly string[], first: number, period: number): number {
  let count = 1;
  while (first + (count + 1) * period <= signs.length) {
    for (let k = 0; k < period; k++) {
      if (signs[first + k] !== signs[first + count * period + k]) return count;
    }
    count++;
  }
  return count;
}

/** Runs of repeated blocks in topological order, each as long as can be, none overlapping. */
export function findRuns(graph: Graph): Run[] {
  const signs = signatures(graph);
  const runs: Run[] = [];
  let first = 0;
  while (first < signs.length) {
    let best: Run | null = null;
    for (let period = 1; period <= LONGEST_PERIOD && first + LEAST_COUNT * period <= signs.length; period++) {
      const count = repeats(signs, first, period);
      const covers = count * period;
      if (count >= LEAST_COUNT && covers > (best ? best.count * best.period : 0))
        best = { first, period, count };
    }
    if (best && best.count * best.period >= 4) {
      runs.push(best);
      first += best.count * best.period;
    } else {
      first++;
    }
  }
  return runs;
}
