// SPDX-License-Identifier: Apache-2.0

import { grouped } from "../cases.ts";
import type { Reference } from "../charts/lines.ts";
import { brownAutocorrelation, whiteAutocorrelation } from "../noise.ts";
import type { Reading } from "../records.ts";
import { curvesFigure } from "./curves.ts";
import type { Page, View } from "./view.ts";

const GRID = 256;
const NOISES = [
  { color: "brown", dash: "none" },
  { color: "white", dash: "2 3" },
] as const;

function isNoise({ caseName }: Reading, color: string): boolean {
  return caseName.toLowerCase().includes(`${color} noise`);
}

function pointsOf({ x, y }: Reading): Reference["points"] {
  return x.map((lag, index) => ({ x: lag, y: y[index] ?? NaN }));
}

function reference(color: "brown" | "white", lags: readonly number[], points: number): Reference["points"] {
  const brown = color === "brown" ? brownAutocorrelation(points, lags) : [];
  return lags.map((lag, k) => ({
    x: lag,
    y: color === "brown" ? (brown[k] ?? NaN) : whiteAutocorrelation(points, lag),
  }));
}

/** The noises that the results measured themselves, or else what noise would show. */
function references(readings: readonly Reading[], examples: number): Reference[] {
  const lags = readings[0]?.x ?? [];
  return NOISES.map(({ color, dash }) => {
    const own = readings.find((reading) => isNoise(reading, color));
    return { label: `${color} noise`, dash, points: own ? pointsOf(own) : reference(color, lags, examples) };
  });
}

export const autocorrelation: View = {
  id: "autocorrelation",
  title: "How far the gradient remembers itself",
  content(page: Page): Node[] {
    const readings = page.results.readings.filter(
      ({ type, xName, reason }) => type === "curve" && xName === "lag" && !reason,
    );
    const { examples } = page.results.context;
    const points = typeof examples === "number" && examples > 2 ? examples : GRID;
    return [...grouped(readings, ({ name }) => name)].flatMap(([name, own]) => {
      const networks = own.filter((reading) => !NOISES.some(({ color }) => isNoise(reading, color)));
      const made = curvesFigure(
        { name, readings: networks.length ? networks : own, references: references(own, points) },
        page,
      );
      return made ? [made] : [];
    });
  },
};
