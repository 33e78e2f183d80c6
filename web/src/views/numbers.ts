// SPDX-License-Identifier: Apache-2.0
// Readings that are one number: against depth where networks of several depths were measured, else side by side.

import { caseNames, caseOf, depths, families, grouped, speaksOf } from "../cases.ts";
import { dotsPanel, type Dot } from "../charts/dots.ts";
import { element, table } from "../element.ts";
import { figure, type LegendEntry } from "../figure.ts";
import { sentence, spansDecades, withError, words } from "../number.ts";
import type { Reading } from "../records.ts";
import { curvesFigure, drawsNote } from "./curves.ts";
import type { Page, View } from "./view.ts";

const MOST_DOTS = 60;

function labelOf({ caseName, tap }: Reading, isOneTap: boolean): string {
  return [caseName, isOneTap ? "" : tap].filter((part) => part).join(" · ") || "this network";
}

/** Scalars of networks that differ in depth, as curves against it. */
function againstDepth(readings: readonly Reading[]): Reading[] {
  return [
    ...grouped(readings, ({ caseName, theory }) => `${caseOf(caseName).family}\n${theory}`).values(),
  ].flatMap((own) => {
    const [first] = own;
    if (!first) return [];
    const sorted = [...own].sort((a, b) => (caseOf(a.caseName).depth ?? 0) - (caseOf(b.caseName).depth ?? 0));
    const errors = sorted.map(({ errors: [error] }) => error ?? NaN);
    const x = sorted.map(({ caseName }) => caseOf(caseName).depth ?? 0);
    const y = sorted.map(({ y: [value] }) => value ?? NaN);
    return {
      ...first,
      caseName: caseOf(first.caseName).family,
      type: "curve" as const,
      tap: "",
      xName: "depth of the network",
      x,
      y,
      errors,
    };
  });
}

function depthFigure(name: string, readings: readonly Reading[], page: Page): HTMLElement | null {
  const deep = readings.filter(({ caseName }) => caseOf(caseName).depth !== null);
  const predictions = page.results.predictions.filter((prediction) =>
    deep.some((reading) => speaksOf(prediction, reading)),
  );
  const results = { ...page.results, predictions: againstDepth(predictions) };
  return curvesFigure(
    { name, readings: againstDepth(deep), title: `${page.terms.title(name)} against depth` },
    { ...page, results },
  );
}

function dotsOf(readings: readonly Reading[], predictions: readonly Reading[]): Dot[] {
  const isOneTap = new Set(readings.map(({ tap }) => tap)).size === 1;
  return readings.map((reading) => ({
    label: labelOf(reading, isOneTap),
    value: reading.y[0] ?? NaN,
    error: reading.errors[0] ?? null,
    bound: reading.bound,
    theories: predictions
      .filter((prediction) => speaksOf(prediction, reading) && Number.isFinite(prediction.y[0] ?? NaN))
      .map(({ theory, y }) => ({ name: `theory ${words(theory)}`, value: y[0] ?? NaN })),
  }));
}

function dotsFigure(
  name: string,
  readings: readonly Reading[],
  { results, terms, highlight }: Page,
): HTMLElement {
  const dots = dotsOf(readings, results.predictions);
  const hasTheory = dots.some(({ theories }) => theories.length > 0);
  const legend: LegendEntry[] = [{ label: "measured", color: "var(--hue-0)", dash: "none", mark: "dots" }];
  if (hasTheory) legend.push({ label: "theory", color: "var(--theory)", dash: "none", mark: "line" });
  const values = dots.map(({ value }) => value);
  const term = terms.of(name);
  const note = [term.range && `Range: ${term.range}.`, drawsNote(readings)].filter((part) => part).join(" ");
  return figure(
    {
      name,
      title: terms.title(name),
      caption: term.sentence,
      note,
      legend: hasTheory ? legend : [],
      cells: [[dotsPanel("", words(name), dots.slice(0, MOST_DOTS))]],
      logarithmic: spansDecades(values) ? "first" : values.every((value) => value > 0) ? "possible" : "never",
    },
    highlight,
  );
}

function numbersTable(readings: readonly Reading[], { results, terms }: Page): HTMLElement {
  const rows = readings.map((reading) => {
    const theories = results.predictions.filter((prediction) => speaksOf(prediction, reading));
    return [
      element("strong", {}, sentence(reading.name)),
      reading.caseName,
      reading.tap,
      withError(reading.y[0] ?? NaN, reading.errors[0], reading.bound),
      theories.map(({ theory, y }) => `${withError(y[0] ?? NaN, null)} (${words(theory)})`).join(", "),
      terms.of(reading.name).sentence,
    ];
  });
  const head = ["what", "case", "where", "measured", "theory", "meaning"];
  // Columns that say nothing are left out.
  const kept = head
    .map((_, column) => column)
    .filter((column) =>
      column !== 1 && column !== 4 && column !== 2 ? true : rows.some((row) => row[column]),
    );
  return table(
    kept.map((column) => head[column] ?? ""),
    rows.map((row) => kept.map((column) => row[column])),
    "Readings that are one number",
  );
}

export const numbers: View = {
  id: "numbers",
  title: "Single numbers",
  content(page: Page): Node[] {
    const readings = page.results.readings.filter(({ type, reason }) => type === "scalar" && !reason);
    if (readings.length === 0) return [];
    const made: Node[] = [];
    for (const [name, own] of grouped(readings, (reading) => reading.name)) {
      const names = caseNames(own);
      const perCase = own.length === names.length;
      if (names.length < 2) continue;
      const isDeep = perCase && depths(names).length > 1;
      const drawing = isDeep ? depthFigure(name, own, page) : dotsFigure(name, own, page);
      if (drawing) made.push(drawing);
      const flat = own.filter(({ caseName }) => caseOf(caseName).depth === null);
      if (isDeep && flat.length > 0 && families(names).length > 0) made.push(dotsFigure(name, flat, page));
    }
    const details = element(
      "details",
      {},
      element("summary", {}, `All ${readings.length} as a table`),
      numbersTable(readings, page),
    );
    return made.length > 0 ? [...made, details] : [numbersTable(readings, page)];
  },
};
