// SPDX-License-Identifier: Apache-2.0

import { grouped } from "../cases.ts";
import type { Reference } from "../charts/lines.ts";
import type { Reading } from "../records.ts";
import { curvesFigure } from "./curves.ts";
import type { Page, View } from "./view.ts";

const NOISES = [
  { color: "brown", dash: "none" },
  { color: "white", dash: "2 3" },
] as const;

function isNoise({ caseName }: Reading, color: string): boolean {
  return caseName.toLowerCase().includes(`${color} noise`);
}

/** The noises of the results, which networks are compared with. */
function references(readings: readonly Reading[]): Reference[] {
  return NOISES.flatMap(({ color, dash }) => {
    const own = readings.find((reading) => isNoise(reading, color));
    if (!own) return [];
    const points = own.x.map((lag, index) => ({ x: lag, y: own.y[index] ?? NaN }));
    return [{ label: `${color} noise`, dash, points }];
  });
}

export const autocorrelation: View = {
  id: "autocorrelation",
  title: "How far the gradient remembers itself",
  claims: ({ type, xName }) => type === "curve" && xName === "lag",
  content(page: Page, readings: readonly Reading[]): Node[] {
    // A theory of noise speaks of the reading of a noise, or of a case that stands for the noise alone.
    const told = page.results.predictions.filter(({ theory }) => theory === "noise");
    return [...grouped(readings, ({ name }) => name)].flatMap(([name, own]) => {
      const networks = own.filter((reading) => !NOISES.some(({ color }) => isNoise(reading, color)));
      const noises = [...own, ...told.filter((prediction) => prediction.name === name)];
      const shown = networks.length ? networks : own;
      const made = curvesFigure({ name, readings: shown, references: references(noises) }, page);
      return made ? [made] : [];
    });
  },
};
