// SPDX-License-Identifier: Apache-2.0

import { grouped } from "../cases.ts";
import { element } from "../element.ts";
import { curvesFigure } from "./curves.ts";
import type { Page, View } from "./view.ts";

const TIMES = new Set(["epoch", "step", "iteration"]);

export const training: View = {
  id: "training",
  title: "Training",
  content(page: Page): Node[] {
    const readings = page.results.readings.filter(
      ({ type, xName, reason }) => type === "curve" && TIMES.has(xName) && !reason,
    );
    const names = [...grouped(readings, ({ name }) => name)];
    const figures = names.map(([name, own]) => curvesFigure({ name, readings: own, height: 190 }, page));
    return figures.length ? [element("div", { class: "multiples" }, ...figures)] : [];
  },
};
