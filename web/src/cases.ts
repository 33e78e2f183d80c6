// SPDX-License-Identifier: Apache-2.0

import type { Reading } from "./records.ts";

/** What the cases of a family differ in, and where one of them stands. */
export interface Grade {
  readonly name: "depth" | "step";
  readonly at: number;
}

/** A case: of a study, networks that differ in depth only share their family; of training, what differs in the step. */
export interface Case {
  readonly family: string;
  /** None for a case that stands alone. */
  readonly grade: Grade | null;
}

/** "residual, batch norm, depth 10" -> the family "residual, batch norm" at depth 10; "step 16" -> step 16. */
export function caseOf(name: string): Case {
  const found = /^(?:(.*?),? )?(depth|step) (\d+)$/.exec(name);
  if (!found) return { family: name, grade: null };
  return {
    family: found[1] ?? "",
    grade: { name: found[2] === "step" ? "step" : "depth", at: Number(found[3]) },
  };
}

export function families(names: readonly string[]): string[] {
  return [...new Set(names.map((name) => caseOf(name).family))];
}

/** The different grades among cases, from the least. */
export function grades(names: readonly string[]): Grade[] {
  const found = new Map<number, Grade>();
  for (const name of names) {
    const { grade } = caseOf(name);
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

const AXES = { depth: "depth of the network", step: "step of training" } as const;

/** Numbers of cases that differ in their grade, as curves against it, one for each family and theory. */
export function againstGrade(readings: readonly Reading[]): Reading[] {
  const at = ({ caseName }: Reading): number => caseOf(caseName).grade?.at ?? 0;
  const curves = grouped(readings, ({ caseName, theory }) => `${caseOf(caseName).family}\n${theory}`);
  return [...curves.values()].flatMap((own) => {
    const [first] = own;
    if (!first) return [];
    const sorted = [...own].sort((a, b) => at(a) - at(b));
    const { family, grade } = caseOf(first.caseName);
    return {
      ...first,
      caseName: family,
      type: "curve" as const,
      tap: "",
      xName: AXES[grade?.name ?? "depth"],
      x: sorted.map(at),
      y: sorted.map(({ y: [value] }) => value ?? NaN),
      errors: sorted.some(({ errors }) => errors.length > 0)
        ? sorted.map(({ errors: [error] }) => error ?? NaN)
        : [],
    };
  });
}
