// SPDX-License-Identifier: Apache-2.0
// Measured values with their intervals over seeds, what theory says of them as a line, and references.

import * as Plot from "@observablehq/plot";

import type { Row } from "../download.ts";
import type { Panel } from "../figure.ts";
import { shown, withError } from "../number.ts";
import { REFERENCE, type Look } from "../palette.ts";
import { domainOf, logarithmicDomainOf, powersWithin } from "./domain.ts";
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
  /** The lines of all panels that have one axis for their values; its own otherwise. */
  readonly together?: readonly Line[];
  readonly xDomain?: readonly [number, number];
  readonly height?: number;
}

interface Mark extends Point {
  readonly line: Line;
  readonly low: number;
  readonly high: number;
}

const SIGMAS = 1;
export const MOST_DOTS = 80;
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

function domainAlong(
  { lines, together = lines, references = [] }: LinesContent,
  logarithmic: boolean,
): readonly [number, number] | undefined {
  const all = marksOf(together, logarithmic);
  const measured = all.filter(({ line }) => !line.isTheory).flatMap(({ low, high }) => [low, high]);
  const said = all.filter(({ line }) => line.isTheory).map(({ y }) => y);
  const referred = references.flatMap(({ points }) => points.map(({ y }) => y));
  return logarithmic
    ? logarithmicDomainOf(measured, [...said, ...referred])
    : domainOf([...measured, ...said, ...referred]);
}

function tipText({ line, x, y, error, label }: Mark, xName: string): string {
  const place = label && label !== String(x) ? `${xName} ${shown(x)}, ${label}` : `${xName} ${shown(x)}`;
  return `${line.name || (line.isTheory ? "theory" : "measured")}\n${place}\n${withError(y, error)}`;
}

function marks(
  content: LinesContent,
  logarithmic: boolean,
  [lowest, highest]: readonly [number, number],
): Plot.Markish[] {
  const all = marksOf(content.lines, logarithmic);
  const made: Plot.Markish[] = [];
  if (!logarithmic && all.some(({ y }) => y <= 0) && all.some(({ y }) => y >= 0))
    made.push(Plot.ruleY([0], { stroke: "var(--line)" }));
  for (const { points, dash } of content.references ?? []) {
    const kept = points.filter(({ y }) => !logarithmic || y > 0);
    made.push(
      Plot.line(kept, {
        x: "x",
        y: "y",
        stroke: REFERENCE,
        strokeDasharray: dash,
        strokeWidth: 1.5,
        clip: logarithmic,
      }),
    );
  }
  for (const line of content.lines) {
    const own = all.filter((mark) => mark.line === line);
    const { color, dash } = line.look;
    const xy = { x: "x", y: "y" } as const;
    if (line.isTheory) {
      made.push(
        Plot.line(own, { ...xy, stroke: color, strokeDasharray: dash, strokeWidth: 1.75, clip: logarithmic }),
      );
      continue;
    }
    const theory = [line.name, "theory"].filter((part) => part).join(", ");
    const hasTheory = content.lines.some((other) => other.isTheory && other.name.startsWith(theory));
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
  const visible = all.filter(({ y }) => y >= lowest && y <= highest);
  made.push(Plot.tip(visible, Plot.pointer({ x: "x", y: "y", title, ...TIP })));
  made.push(
    Plot.dot(visible, Plot.pointer({ x: "x", y: "y", r: 4.5, stroke: "currentColor", strokeWidth: 1.5 })),
  );
  return made;
}

// Around a single point, which alone makes no axis.
function roomAround(lines: readonly Line[]): readonly [number, number] | undefined {
  const places = new Set(lines.flatMap(({ points }) => points.map(({ x }) => x)));
  const [only] = places;
  return places.size === 1 && only !== undefined ? [only - 1, only + 1] : undefined;
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
    height: () => height,
    draw(width: number, logarithmic: boolean): Drawing {
      const domain = domainAlong(content, logarithmic);
      const xDomain = content.xDomain ?? roomAround(lines);
      const powers = logarithmic && domain ? powersWithin(domain) : undefined;
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
          ...(xDomain ? { domain: [...xDomain] } : {}),
        },
        y: {
          type: logarithmic ? "log" : "linear",
          label: null,
          ticks: powers ?? 4,
          grid: true,
          tickFormat: (value: number) => shown(value, 4),
          ...(domain ? { domain: [...domain] } : {}),
        },
        marks: marks(content, logarithmic, domain ?? [-Infinity, Infinity]),
      });
    },
  };
}
