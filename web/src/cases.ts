// SPDX-License-Identifier: Apache-2.0

import type { Reading } from "./records.ts";

/** A case of a study: networks that differ in depth only share their family. */
export interface Case {
  readonly family: string;
  readonly depth: number | null;
}

/** "residual, batch norm, depth 10" -> the family "residual, batch norm" at depth 10. */
export function caseOf(name: string): Case {
  const found = /^(.*?),? depth (\d+)$/.exec(name);
  return found ? { family: found[1] ?? "", depth: Number(found[2]) } : { family: name, depth: null };
}

export function families(names: readonly string[]): string[] {
  return [...new Set(names.map((name) => caseOf(name).family))];
}

export function depths(names: readonly string[]): number[] {
  const found = new Set(names.map((name) => caseOf(name).depth).filter((depth) => depth !== null));
  return [...found].sort((a, b) => a - b);
}

/** Readings by a key, in the order they first appear. */
export function grouped<Entry>(
  entries: readonly Entry[],
  key: (entry: Entry) => string,
): Map<string, Entry[]> {
  const groups = new Map<string, Entry[]>();
  for (const entry of entries) {
    const group = groups.get(key(entry));
    if (group) group.push(entry);
    else groups.set(key(entry), [entry]);
  }
  return groups;
}

export function caseNames(readings: readonly Reading[]): string[] {
  return [...new Set(readings.map((reading) => reading.caseName))];
}

/** A prediction speaks of the reading of its case, name, type and tap. */
export function speaksOf(prediction: Reading, reading: Reading): boolean {
  return (
    prediction.caseName === reading.caseName &&
    prediction.name === reading.name &&
    prediction.type === reading.type &&
    prediction.tap === reading.tap
  );
}
