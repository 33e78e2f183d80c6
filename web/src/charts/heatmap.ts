// SPDX-License-Identifier: Apache-2.0

import * as Plot from "@observablehq/plot";

import { drawn } from "../element.ts";
import type { Panel } from "../figure.ts";
import { shown } from "../number.ts";
import { ramp, rampChannels } from "../palette.ts";
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

const NOT_FINITE = [221, 51, 51];

// One picture, however many numbers: pixels are cheap where elements are not.
function picture({ rows, columns, values, domain }: HeatmapContent): string {
  const canvas = document.createElement("canvas");
  canvas.width = columns;
  canvas.height = rows;
  const pen = canvas.getContext("2d");
  if (!pen) return "";
  const [low, high] = domain;
  const pixels = pen.createImageData(columns, rows);
  values.forEach((value, index) => {
    const colour = Number.isFinite(value) ? rampChannels((value - low) / (high - low || 1)) : NOT_FINITE;
    pixels.data.set([...colour, 255], 4 * index);
  });
  pen.putImageData(pixels, 0, 0);
  return canvas.toDataURL();
}

const MARGIN = { left: 46, right: 12, top: 4, bottom: 46 };
const BAR = { steps: 24, width: 60, height: 8, below: 25 };

// A bar under the picture that says which number a colour is.
function appendBar(drawing: Drawing, { domain: [low, high], values }: HeatmapContent): void {
  const y = Number(drawing.getAttribute("height")) - MARGIN.bottom + BAR.below;
  const label = (x: number, end: string, text: string): SVGTextElement =>
    drawn("text", { x, y: y + BAR.height, fill: "currentColor", "text-anchor": end }, text);
  const below = values.some((value) => value < low) ? "≤ " : "";
  const above = values.some((value) => value > high) ? "≥ " : "";
  drawing.append(label(MARGIN.left - 4, "end", below + shown(low, 2)));
  const step = BAR.width / BAR.steps;
  for (let k = 0; k < BAR.steps; k++) {
    const place = { x: MARGIN.left + k * step, y, width: step + 0.5, height: BAR.height };
    drawing.append(drawn("rect", { ...place, fill: ramp((k + 0.5) / BAR.steps) }));
  }
  drawing.append(label(MARGIN.left + BAR.width + 4, "start", above + shown(high, 2)));
}

// Says the number under the pointer below the picture.
function sayUnderPointer(drawing: Drawing, content: HeatmapContent): void {
  const { rows, columns, values, rowName, columnName } = content;
  const height = Number(drawing.getAttribute("height"));
  const said = drawn("text", { x: 0, y: height - 2, fill: "currentColor", class: "said" });
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
  const sizeIn = (width: number): { across: number; down: number; height: number } => {
    const room = width - MARGIN.left - MARGIN.right;
    const across = square ? Math.min(room, 320) : room;
    const down = square ? across : 130;
    return { across, down, height: down + MARGIN.top + MARGIN.bottom };
  };
  return {
    title,
    rows: () =>
      values.map((value, index) => ({
        panel: title,
        [`${rowName} (row)`]: Math.floor(index / columns),
        [`${columnName} (column)`]: index % columns,
        value,
      })),
    height: (width) => sizeIn(width).height,
    draw(width: number): Drawing {
      const { across, down, height } = sizeIn(width);
      source ||= picture(content);
      const drawing = draw({
        width,
        height,
        marginLeft: MARGIN.left,
        marginRight: width - MARGIN.left - across,
        marginTop: MARGIN.top,
        marginBottom: MARGIN.bottom,
        ariaLabel: `${title}: ${rows} x ${columns} numbers as colours`,
        x: { domain: [0, columns], label: columnName, ticks: 4, labelArrow: "none", labelOffset: 30 },
        y: { domain: [rows, 0], label: rowName, labelAnchor: "center", ticks: 4, labelArrow: "none" },
        marks: [
          Plot.image([0], {
            x: () => columns / 2,
            y: () => rows / 2,
            src: () => source,
            width: across,
            height: down,
            preserveAspectRatio: "none",
            imageRendering: "pixelated",
          }),
        ],
      });
      appendBar(drawing, content);
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
