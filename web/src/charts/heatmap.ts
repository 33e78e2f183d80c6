// SPDX-License-Identifier: Apache-2.0

import * as Plot from "@observablehq/plot";

import type { Panel } from "../figure.ts";
import { shown } from "../number.ts";
import { ramp } from "../palette.ts";
import { draw, type Drawing } from "./drawing.ts";

export interface HeatmapContent {
  readonly title: string;
  readonly rowName: string;
  readonly columnName: string;
  readonly rows: number;
  readonly columns: number;
  /** Row-major, the first row at the top. */
  readonly values: readonly number[];
  readonly domain: readonly [number, number];
  readonly square: boolean;
}

// One picture, however many numbers: pixels are cheap where elements are not.
function picture({ rows, columns, values, domain }: HeatmapContent): string {
  const canvas = document.createElement("canvas");
  canvas.width = columns;
  canvas.height = rows;
  const pen = canvas.getContext("2d");
  if (!pen) return "";
  const [low, high] = domain;
  values.forEach((value, index) => {
    pen.fillStyle = Number.isFinite(value) ? ramp((value - low) / (high - low || 1)) : "#d33";
    pen.fillRect(index % columns, Math.floor(index / columns), 1, 1);
  });
  return canvas.toDataURL();
}

// Says the number under the pointer below the picture.
function sayUnderPointer(drawing: Drawing, content: HeatmapContent): void {
  const { rows, columns, values, rowName, columnName } = content;
  const height = Number(drawing.getAttribute("height"));
  const said = document.createElementNS("http://www.w3.org/2000/svg", "text");
  for (const [name, value] of Object.entries({ x: 0, y: height - 2, fill: "currentColor", class: "said" })) {
    said.setAttribute(name, String(value));
  }
  drawing.append(said);
  drawing.addEventListener("pointermove", (event) => {
    const box = drawing.getBoundingClientRect();
    const x = drawing.scale("x")?.invert?.(event.clientX - box.left) as number | undefined;
    const y = drawing.scale("y")?.invert?.(event.clientY - box.top) as number | undefined;
    const [column, row] = [Math.floor(x ?? -1), Math.floor(y ?? -1)];
    const inside = column >= 0 && column < columns && row >= 0 && row < rows;
    const value = values[row * columns + column] ?? NaN;
    said.textContent = inside ? `${rowName} ${row}, ${columnName} ${column}: ${shown(value)}` : "";
  });
  drawing.addEventListener("pointerleave", () => (said.textContent = ""));
}

export function heatmapPanel(content: HeatmapContent): Panel {
  const { title, rows, columns, values, square, rowName, columnName } = content;
  let source = "";
  return {
    title,
    rows: () =>
      values.map((value, index) => ({
        panel: title,
        [`${rowName} (row)`]: Math.floor(index / columns),
        [`${columnName} (column)`]: index % columns,
        value,
      })),
    draw(width: number): Drawing {
      const [left, right, top, bottom] = [46, 12, 4, 46];
      const inner = square ? Math.min(width - left - right, 320) : 130;
      source ||= picture(content);
      const drawing = draw({
        width,
        height: inner + top + bottom,
        marginLeft: left,
        marginRight: square ? width - left - inner : right,
        marginTop: top,
        marginBottom: bottom,
        ariaLabel: `${title}: ${rows} x ${columns} numbers as colours`,
        x: { domain: [0, columns], label: columnName, ticks: 4, labelArrow: "none", labelOffset: 30 },
        y: { domain: [rows, 0], label: rowName, labelAnchor: "center", ticks: 4, labelArrow: "none" },
        marks: [
          Plot.image([0], {
            x: () => columns / 2,
            y: () => rows / 2,
            src: () => source,
            width: square ? inner : width - left - right,
            height: inner,
            preserveAspectRatio: "none",
            imageRendering: "pixelated",
          }),
        ],
      });
      sayUnderPointer(drawing, content);
      return drawing;
    },
  };
}

/** The largest value, less the brightest twentieth, so that outliers do not darken the rest. */
export function brightest(values: readonly number[]): number {
  const sorted = values.filter((value) => Number.isFinite(value)).sort((a, b) => a - b);
  return sorted[Math.floor(0.95 * (sorted.length - 1))] ?? 1;
}
