// SPDX-License-Identifier: Apache-2.0

import { grouped } from "../cases.ts";
import { element } from "../element.ts";
import type { Reading } from "../records.ts";
import { curvesFigure, drawsNote, shareOnePanel } from "./curves.ts";
import type { Page, View } from "./view.ts";

// What is looked at first stands first; everything else follows as it comes.
const ORDER = [
  "gradient_correlation",
  "gradient_variance",
  "gradient_scale_coefficient",
  "activation_fraction",
  "coactivation",
  "preactivation_std",
  "sign_diversity",
  "bimodality",
];

function rank(name: string): number {
  const place = ORDER.indexOf(name);
  return place < 0 ? ORDER.length : place;
}

function sharedAxis(readings: readonly Reading[]): readonly [number, number] {
  const places = readings.flatMap(({ x }) => x);
  return [Math.min(...places), Math.max(...places)];
}

export const profiles: View = {
  id: "profiles",
  title: "From the input to the output",
  content(page: Page): Node[] {
    const readings = page.results.readings.filter(
      ({ type, xName, reason }) => type === "curve" && xName === "depth" && !reason,
    );
    if (readings.length === 0) return [];
    const together = shareOnePanel(readings);
    const names = [...grouped(readings, ({ name }) => name)].sort(([a], [b]) => rank(a) - rank(b));
    const xDomain = sharedAxis(readings);
    const figures = names.map(([name, own]) =>
      curvesFigure(
        {
          name,
          readings: own,
          ...(together ? { xDomain } : {}),
          drawsSaid: true,
          height: together ? 170 : 200,
        },
        page,
      ),
    );
    const hint =
      "Depth counts nonlinearities: the input is on the left, the output on the right. Click a point to mark its layer everywhere.";
    const draws = drawsNote(readings);
    return [
      element("p", { class: "hint" }, `${hint} ${draws}`),
      element("div", { class: together ? "multiples" : "" }, ...figures),
    ];
  },
};
