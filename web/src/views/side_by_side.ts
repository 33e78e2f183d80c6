// SPDX-License-Identifier: Apache-2.0

import { speaksOf } from "../cases.ts";
import { dotsPanel, type Dot } from "../charts/dots.ts";
import { figure, type LegendEntry } from "../figure.ts";
import { spansDecades, words } from "../number.ts";
import type { Reading } from "../records.ts";
import { drawsNote, rangeNote } from "./curves.ts";
import type { Page } from "./view.ts";

const MOST_DOTS = 60;

function labelOf({ caseName, tap }: Reading, isOneTap: boolean): string {
  return [caseName, isOneTap ? "" : tap].filter((part) => part).join(" · ") || "this network";
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

/** One number of each of several networks. */
export function dotsFigure(
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
  const note = [rangeNote(term), drawsNote(readings)].filter((part) => part).join(" ");
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
