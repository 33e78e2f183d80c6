// SPDX-License-Identifier: Apache-2.0

import * as Plot from "@observablehq/plot";

/** What Plot draws: one SVG element that knows its scales. */
export type Drawing = SVGSVGElement & Plot.Plot;

const STYLE = {
  background: "transparent",
  fontFamily: "inherit",
  fontSize: "11px",
  overflow: "visible",
} as const;

export function draw(options: Plot.PlotOptions): Drawing {
  return Plot.plot({ style: STYLE, ...options }) as Drawing;
}

/** The attributes of a tip, in the colours of the page. */
export const TIP = { fill: "var(--paper)", stroke: "var(--line)", fontSize: 11, lineWidth: 34 } as const;
