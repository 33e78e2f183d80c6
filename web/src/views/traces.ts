// SPDX-License-Identifier: Apache-2.0
// The gradient along a line through input space, and under it which inputs have gradients that go together.

import { caseNames } from "../cases.ts";
import { brightest, heatmapPanel } from "../charts/heatmap.ts";
import { linesPanel } from "../charts/lines.ts";
import { figure, type Panel } from "../figure.ts";
import { hue } from "../palette.ts";
import type { Reading } from "../records.ts";
import type { Page, View } from "./view.ts";

function isTrace({ name, type }: Reading): boolean {
  return name === "gradient_trace" && type === "curve";
}

function isCovariance({ name, shape }: Reading): boolean {
  return name === "gradient_covariance" && shape.length === 2;
}

function tracePanel(reading: Reading): Panel {
  const points = reading.x.map((x, index) => ({ x, y: reading.y[index] ?? NaN, error: null, label: "" }));
  const lines = [{ name: "gradient", look: { ...hue(0), dash: "none" }, points, isTheory: false }];
  return linesPanel({ title: reading.caseName, xName: reading.xName, yName: "gradient", lines, height: 150 });
}

function covariancePanel(reading: Reading, isAlone: boolean): Panel {
  const [rows = 1, columns = 1] = reading.shape;
  return heatmapPanel({
    title: isAlone ? reading.caseName : "",
    rowName: "input number",
    columnName: "input number",
    rows,
    columns,
    values: reading.y,
    domain: [0, brightest(reading.y)],
    square: true,
  });
}

export const traces: View = {
  id: "traces",
  title: "The gradient along a line of inputs",
  claims: (reading) => isTrace(reading) || isCovariance(reading),
  content({ terms, highlight }: Page, readings: readonly Reading[]): Node[] {
    const curves = readings.filter(isTrace);
    const matrices = readings.filter(isCovariance);
    const cases = caseNames([...curves, ...matrices]);
    if (cases.length === 0) return [];
    const cells = cases.map((name) => {
      const trace = curves.find(({ caseName }) => caseName === name);
      const matrix = matrices.find(({ caseName }) => caseName === name);
      return [...(trace ? [tracePanel(trace)] : []), ...(matrix ? [covariancePanel(matrix, !trace)] : [])];
    });
    const below = matrices.length
      ? " Below, which inputs have gradients that deviate from their mean together (blue: unrelated, yellow: strongly related): broad patches say that neighbours agree, a fine pattern or a bare diagonal that each gradient stands alone."
      : "";
    return [
      figure(
        {
          name: "gradient_trace",
          title: curves.length ? terms.title("gradient_trace") : terms.title("gradient_covariance"),
          caption: `${terms.of("gradient_trace").sentence}${below}`,
          note: "Each trace has its own scale: only its shape matters.",
          legend: [],
          cells,
        },
        highlight,
      ),
    ];
  },
};
