// SPDX-License-Identifier: Apache-2.0
// What a trained network uses of its depth.

import { grouped } from "../cases.ts";
import { element } from "../element.ts";
import type { Reading } from "../records.ts";
import { curvesFigure } from "./curves.ts";
import { dotsFigure } from "./side_by_side.ts";
import type { Page, View } from "./view.ts";

const AXES = new Set(["order", "remaining depth"]);

/** Depths by counting changes of weights, and the curves that they are read from. */
function isOfEffectiveDepth({ name, xName }: Reading): boolean {
  return name.startsWith("effective_depth") || AXES.has(xName);
}

export const effectiveDepth: View = {
  id: "effective_depth",
  title: "How deep the trained network is",
  claims: isOfEffectiveDepth,
  content(page: Page, readings: readonly Reading[]): Node[] {
    const figures = [...grouped(readings, ({ name }) => name)].map(([name, own]) =>
      own[0]?.type === "scalar" ? dotsFigure(name, own, page) : curvesFigure({ name, readings: own }, page),
    );
    if (figures.length === 0) return [];
    const hint =
      "Training changes each layer's weights. The output then is a sum of parts that depend on none, one, two, ... of these changes on top of each other; orders whose part is too small to matter are depth that is not used.";
    return [element("p", { class: "hint" }, hint), element("div", { class: "multiples" }, ...figures)];
  },
};
