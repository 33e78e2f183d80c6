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
  const drawing = Plot.plot({ style: STYLE, ...options }) as Drawing;
  // To a screen reader the drawing is one picture, whose numbers stand in a table; its parts are none.
  drawing.setAttribute("role", "img");
  for (const part of drawing.querySelectorAll("[aria-label]")) {
    if (part.getAttribute("aria-label") === "tip") part.setAttribute("role", "group");
    else part.removeAttribute("aria-label");
  }
  for (const part of drawing.querySelectorAll("[aria-description]")) part.removeAttribute("aria-description");
  return drawing;
}

/** The attributes of a tip, in the colours of the page. */
export const TIP = { fill: "var(--paper)", stroke: "var(--line)", fontSize: 11, lineWidth: 34 } as const;
