// SPDX-License-Identifier: Apache-2.0

import { spansDecades } from "../number.ts";
import type { Graph, Reading } from "../records.ts";

/** A reading along the depth, at the nodes it was made on. */
export interface NodeValues {
  readonly name: string;
  /** Per node; NaN where the reading says nothing. */
  readonly values: readonly number[];
  readonly low: number;
  readonly high: number;
  readonly logarithmic: boolean;
}

/** Where a value stands between the least and the most, in [0, 1]; NaN for none. */
export function part(value: number, { low, high, logarithmic }: NodeValues): number {
  if (!Number.isFinite(value)) return NaN;
  if (high === low) return 0.5;
  if (!logarithmic) return (value - low) / (high - low);
  return Math.log(value / low) / Math.log(high / low);
}

/** The readings that can colour the graph: curves along the depth whose places are taps of its nodes. */
export function nodeValues(graph: Graph, readings: readonly Reading[]): NodeValues[] {
  return readings.flatMap((reading) => {
    if (reading.type !== "curve" || reading.xName !== "depth" || reading.caseName !== graph.caseName)
      return [];
    const at = new Map(reading.labels.map((label, index) => [label, reading.y[index] ?? NaN]));
    const values = graph.nodes.map(({ taps }) => {
      const tap = taps.find((name) => at.has(name));
      return tap === undefined ? NaN : (at.get(tap) ?? NaN);
    });
    const finite = values.filter((value) => Number.isFinite(value));
    if (finite.length === 0) return [];
    return {
      name: reading.name,
      values,
      low: Math.min(...finite),
      high: Math.max(...finite),
      logarithmic: spansDecades(finite),
    };
  });
}
