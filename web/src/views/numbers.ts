// SPDX-License-Identifier: Apache-2.0
// Readings that are one number: against depth where networks of several depths were measured, else side by side.

import { caseNames, grades, grouped, speaksOf } from "../cases.ts";
import { element, table } from "../element.ts";
import { sentence, withError, words } from "../number.ts";
import type { Reading } from "../records.ts";
import { gradedFigure } from "./graded.ts";
import { dotsFigure } from "./side_by_side.ts";
import type { Page, View } from "./view.ts";

function figuresOf(name: string, readings: readonly Reading[], page: Page): HTMLElement[] {
  const names = caseNames(readings);
  const differ = new Set(readings.map(({ y: [value] }) => value)).size > 1;
  if (names.length < 2 || !differ) return [];
  const isDeep = readings.length === names.length && grades(readings).length > 1;
  if (!isDeep) return [dotsFigure(name, readings, page)];
  const deep = gradedFigure(name, readings, page);
  const alone = readings.filter(({ grade }) => !grade);
  return [...(deep ? [deep] : []), ...(alone.length > 0 ? [dotsFigure(name, alone, page)] : [])];
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
  return table(head, rows, "Readings that are one number");
}

export const numbers: View = {
  id: "numbers",
  title: "Single numbers",
  claims: ({ type }) => type === "scalar",
  content(page: Page, unclaimed: readonly Reading[]): Node[] {
    // The table holds all of them, also those that another view has drawn.
    const readings = page.results.readings.filter(({ type, reason }) => type === "scalar" && !reason);
    if (readings.length === 0) return [];
    const made = [...grouped(unclaimed, ({ name }) => name)].flatMap(([name, own]) =>
      figuresOf(name, own, page),
    );
    const rows = numbersTable(readings, page);
    if (made.length === 0 && readings.length <= 20) return [rows];
    const summary = element("summary", {}, `All ${readings.length} as a table`);
    return [...made, element("details", {}, summary, rows)];
  },
};
