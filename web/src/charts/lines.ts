// SPDX-License-Identifier: Apache-2.0
// Measured values with their intervals over seeds, what theory says of them as a line, and references.

import * as Plot from "@observablehq/plot";

import type { Row } from "../download.ts";
import type { Panel } from "../figure.ts";
import { shown, withError } from "../number.ts";
import { REFERENCE, type Look } from "../palette.ts";
import { draw, TIP, type Drawing } from "./drawing.ts";

export interface Point {
  readonly x: number;
  readonly y: number;
  readonly error: number | null;
  /** The name of the place, as of a tap. */
  readonly label: string;
}

export interface Line {
  readonly name: string;
  readonly look: Look;
  readonly points: readonly Point[];
  readonly isTheory: boolean;
}

export interface Reference {
  readonly label: string;
  readonly points: readonly { readonly x: number; readonly y: number }[];
  readonly dash: string;
}

export interface LinesContent {
  readonly title: string;
  readonly xName: string;
  readonly yName: string;
  readonly lines: readonly Line[];
  readonly references?: readonly Reference[];
  /** Shared by the panels of a figure. */
  readonly yDomain?: readonly [number, number];
  readonly xDomain?: readonly [number, number];
  readonly height?: number;
}

interface Mark extends Point {
  readonly line: Line;
  readonly low: number;
  readonly high: number;
}

const SIGMAS = 1;
const MOST_DOTS = 80;
const MARGINS = { marginLeft: 46, marginRight: 12, marginTop: 10, marginBottom: 34 };

function marksOf(lines: readonly Line[], logarithmic: boolean): Mark[] {
  return lines.flatMap((line) =>
    line.points
      .filter(({ x, y }) => Number.isFinite(x) && Number.isFinite(y) && (!logarithmic || y > 0))
      .map((point) => {
        const error = point.error !== null && Number.isFinite(point.error) ? SIGMAS * point.error : 0;
        const low = point.y - error;
        // On a logarithmic axis an interval that reaches zero ends a decade below its value.
        return { ...point, line, low: logarithmic && low <= 0 ? point.y / 10 : low, high: point.y + error };
      }),
  );
}

/** The values that panels on one axis share. */
export function valuesOf(lines: readonly Line[]): number[] {
  return marksOf(lines, false).flatMap(({ line, y, low, high }) => (line.isTheory ? [y] : [low, high]));
}

/** A domain around values, with room; zero stays in it when it is near. */
export function domainOf(values: readonly number[]): readonly [number, number] | undefined {
  let low = Infinity;
  let high = -Infinity;
  for (const value of values) {
    if (!Number.isFinite(value)) continue;
    low = Math.min(low, value);
    high = Math.max(high, value);
  }
  if (low > high) return undefined;
  if (low > 0 && low < 0.7 * high) low = 0;
  // What varies by less than a hundredth is shown as what it is: nearly constant.
  const least = 0.1 * Math.max(Math.abs(low), Math.abs(high));
  if (high - low < 0.1 * least) [low, high] = [low - least / 2, high + least / 2];
  const room = (high - low || 1) * 0.05;
  return [low === 0 ? 0 : low - room, high + room];
}

function tipText({ line, x, y, error, label }: Mark, xName: string): string {
  const place = label && label !== String(x) ? `${xName} ${shown(x)}, ${label}` : `${xName} ${shown(x)}`;
  return `${line.name || (line.isTheory ? "theory" : "measured")}\n${place}\n${withError(y, error)}`;
}

function marks(content: LinesContent, logarithmic: boolean): Plot.Markish[] {
  const all = marksOf(content.lines, logarithmic);
  const made: Plot.Markish[] = [];
  if (!logarithmic && all.some(({ y }) => y <= 0) && all.some(({ y }) => y >= 0))
    made.push(Plot.ruleY([0], { stroke: "var(--line)" }));
  for (const { points, dash } of content.references ?? []) {
    const kept = points.filter(({ y }) => !logarithmic || y > 0);
    made.push(
      Plot.line(kept, { x: "x", y: "y", stroke: REFERENCE, strokeDasharray: dash, strokeWidth: 1.5 }),
    );
  }
  for (const line of content.lines) {
    const own = all.filter((mark) => mark.line === line);
    const { color, dash } = line.look;
    const xy = { x: "x", y: "y" } as const;
    if (line.isTheory) {
      made.push(Plot.line(own, { ...xy, stroke: color, strokeDasharray: dash, strokeWidth: 1.75 }));
      continue;
    }
    const hasTheory = content.lines.some((other) => other.isTheory && other.name.startsWith(line.name));
    const dots = own.length <= MOST_DOTS;
    if (!hasTheory || !dots)
      made.push(Plot.line(own, { ...xy, stroke: color, strokeDasharray: dash, strokeWidth: 1.5 }));
    if (dots && own.length <= 24) {
      made.push(Plot.ruleX(own, { x: "x", y1: "low", y2: "high", stroke: color, strokeWidth: 1.25 }));
    } else {
      made.push(Plot.areaY(own, { x: "x", y1: "low", y2: "high", fill: color, fillOpacity: 0.18 }));
    }
    if (dots) made.push(Plot.dot(own, { ...xy, fill: color, r: own.length > 24 ? 1.75 : 2.75 }));
  }
  const title = (mark: Mark): string => tipText(mark, content.xName);
  made.push(Plot.tip(all, Plot.pointer({ x: "x", y: "y", title, ...TIP })));
  made.push(
    Plot.dot(all, Plot.pointer({ x: "x", y: "y", r: 4.5, stroke: "currentColor", strokeWidth: 1.5 })),
  );
  return made;
}

/** How many values cannot be drawn, in words, or nothing. */
export function remarkOn(lines: readonly Line[]): string {
  const missing = lines.flatMap(({ points }) => points.filter(({ y }) => !Number.isFinite(y)));
  if (missing.length === 0) return "";
  const infinite = missing.filter(({ y }) => !Number.isNaN(y)).length;
  const what =
    infinite === 0 ? "not a number" : infinite === missing.length ? "infinite" : "infinite or not a number";
  return `${missing.length} ${missing.length === 1 ? "value is" : "values are"} ${what} and not drawn`;
}

function rowsOf({ title, xName, yName, lines }: LinesContent): Row[] {
  return lines.flatMap((line) =>
    line.points.map(({ x, y, error, label }) => ({
      panel: title,
      line: line.name,
      from: line.isTheory ? "theory" : "measured",
      [xName]: x,
      place: label,
      [yName]: y,
      standard_error: error,
    })),
  );
}

export function linesPanel(content: LinesContent): Panel {
  const { title, xName, yName, lines, height = 200 } = content;
  const remark = remarkOn(lines);
  return {
    title,
    ...(remark ? { remark } : {}),
    alongDepth: xName === "depth",
    rows: () => rowsOf(content),
    draw(width: number, logarithmic: boolean): Drawing {
      const domain = logarithmic ? undefined : (content.yDomain ?? domainOf(valuesOf(lines)));
      return draw({
        ...MARGINS,
        width,
        height,
        ariaLabel: `${yName} against ${xName}${title ? `: ${title}` : ""}`,
        x: {
          label: xName,
          ticks: 5,
          nice: false,
          labelArrow: "none",
          ...(content.xDomain ? { domain: [...content.xDomain] } : {}),
        },
        y: {
          type: logarithmic ? "log" : "linear",
          label: null,
          ticks: 4,
          grid: true,
          tickFormat: (value: number) => shown(value, 4),
          ...(domain ? { domain: [...domain] } : {}),
        },
        marks: marks(content, logarithmic),
      });
    },
  };
}
