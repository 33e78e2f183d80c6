// SPDX-License-Identifier: Apache-2.0
// What no other view draws.

import { grouped } from "../cases.ts";
import { brightest, heatmapPanel } from "../charts/heatmap.ts";
import { figure, type Panel } from "../figure.ts";
import type { Reading } from "../records.ts";
import { curvesFigure } from "./curves.ts";
import type { Page, View } from "./view.ts";

function matrixPanel(reading: Reading): Panel {
  const [rows = 1, columns = 1] = reading.shape;
  const title = [reading.caseName, reading.tap].filter((part) => part).join(" · ") || reading.name;
  const domain = [Math.min(0, ...reading.y.slice(0, 1)), brightest(reading.y)] as const;
  return heatmapPanel({
    title,
    rowName: "row",
    columnName: "column",
    rows,
    columns,
    values: reading.y,
    domain,
    square: rows === columns,
  });
}

export const otherCurves: View = {
  id: "curves",
  title: "More curves",
  content(page: Page, readings: readonly Reading[]): Node[] {
    const { terms, highlight } = page;
    const curves = readings.filter(({ type }) => type === "curve");
    const matrices = readings.filter(({ type, shape }) => type === "matrix" && shape.length === 2);
    const made: Node[] = [];
    for (const [, own] of grouped(curves, ({ name, xName, tap }) => `${name}\n${xName}\n${tap}`)) {
      const { name = "", tap = "" } = own[0] ?? {};
      const drawing = curvesFigure(
        {
          name,
          readings: own,
          ...(tap && tap !== "input" ? { title: `${terms.title(name)} at ${tap}` } : {}),
        },
        page,
      );
      if (drawing) made.push(drawing);
    }
    for (const [name, own] of grouped(matrices, ({ name }) => name)) {
      const content = { name, title: terms.title(name), caption: terms.of(name).sentence, legend: [] };
      made.push(figure({ ...content, cells: own.map((reading) => [matrixPanel(reading)]) }, highlight));
    }
    return made;
  },
};
