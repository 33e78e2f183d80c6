// SPDX-License-Identifier: Apache-2.0

import type { Grade, Place, Reading } from "./records.ts";

/**
 * Where a case stands by its name: "residual, depth 10" is "residual" at depth 10, "step 16" is at step 16. Results of
 * schema 1, and the steps of a training, say it in no other way.
 */
export function placeByName(name: string): Place {
  const found = /^(?:(.*?),? )?(depth|step) (\d+)$/.exec(name);
  if (!found) return { family: name, grade: null, coordinates: [] };
  return { family: found[1] ?? "", grade: { name: found[2] ?? "", at: Number(found[3]) }, coordinates: [] };
}

/** A reading of a case that stands alone under another name. */
export function renamed(reading: Reading, caseName: string): Reading {
  return { ...reading, caseName, family: caseName, grade: null };
}

export function families(readings: readonly Reading[]): string[] {
  return [...new Set(readings.map(({ family }) => family))];
}

/** The different grades among cases, from the least. */
export function grades(readings: readonly Reading[]): Grade[] {
  const found = new Map<number, Grade>();
  for (const { grade } of readings) {
    if (grade) found.set(grade.at, grade);
  }
  return [...found.values()].sort((a, b) => a.at - b.at);
}

/** Readings by a key, in the order they first appear. */
export function grouped<Entry, Key = string>(
  entries: readonly Entry[],
  key: (entry: Entry) => Key,
): Map<Key, Entry[]> {
  const groups = new Map<Key, Entry[]>();
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

const AXES: Readonly<Record<string, string>> = { depth: "depth of the network", step: "step of training" };

/** Numbers of cases that differ in their grade, as curves against it, one for each family and theory. */
export function againstGrade(readings: readonly Reading[]): Reading[] {
  const at = ({ grade }: Reading): number => grade?.at ?? 0;
  const curves = grouped(readings, ({ family, theory }) => `${family}\n${theory}`);
  return [...curves.values()].flatMap((own) => {
    const [first] = own;
    if (!first) return [];
    const sorted = [...own].sort((a, b) => at(a) - at(b));
    const grade = first.grade?.name ?? "depth";
    return {
      ...renamed(first, first.family),
      type: "curve" as const,
      tap: "",
      xName: AXES[grade] ?? grade,
      x: sorted.map(at),
      y: sorted.map(({ y: [value] }) => value ?? NaN),
      errors: sorted.some(({ errors }) => errors.length > 0)
        ? sorted.map(({ errors: [error] }) => error ?? NaN)
        : [],
    };
  });
}
