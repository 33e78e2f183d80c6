// SPDX-License-Identifier: Apache-2.0
// Curves of one name: one panel when they are few, one for each family of networks when they are many.

import { caseNames, caseOf, depths, families, speaksOf } from "../cases.ts";
import { domainOf, linesPanel, valuesOf, type Line, type Reference } from "../charts/lines.ts";
import { figure, type LegendEntry, type Panel } from "../figure.ts";
import { spansDecades, words } from "../number.ts";
import { hue, REFERENCE, shade, type Look } from "../palette.ts";
import type { Reading } from "../records.ts";
import type { Page } from "./view.ts";

const MOST_TOGETHER = 4;
const THEORY_DASHES = ["none", "5 3", "2 3", "8 3 2 3"];

export interface CurvesContent {
  readonly name: string;
  readonly readings: readonly Reading[];
  readonly references?: readonly Reference[];
  readonly xDomain?: readonly [number, number];
  readonly height?: number;
  readonly title?: string;
  /** Leave it to the view to say how many draws are behind the values. */
  readonly drawsSaid?: boolean;
  /** Draw on a linear axis first even when values span decades. */
  readonly linear?: boolean;
}

interface Looks {
  readonly families: readonly string[];
  readonly depths: readonly number[];
  readonly theories: readonly string[];
  readonly together: boolean;
}

function looksOf(readings: readonly Reading[], predictions: readonly Reading[]): Looks {
  const names = caseNames(readings);
  const kinds = families(names);
  const found = depths(names);
  return {
    families: kinds,
    depths: found,
    theories: [...new Set(predictions.map(({ theory }) => theory))],
    together: kinds.length === 1 || (kinds.length <= MOST_TOGETHER && found.length === 0),
  };
}

function lookOf(reading: Reading, looks: Looks): Look {
  const { family, depth } = caseOf(reading.caseName);
  if (depth !== null && looks.depths.length > 1)
    return shade(looks.depths.indexOf(depth), looks.depths.length);
  return looks.together ? hue(looks.families.indexOf(family)) : hue(0);
}

function theoryLook(prediction: Reading, looks: Looks): Look {
  const dash = THEORY_DASHES[looks.theories.indexOf(prediction.theory) % THEORY_DASHES.length] ?? "none";
  const shared = looks.depths.length > 1 || (looks.together && looks.families.length > 1);
  return { color: shared ? lookOf(prediction, looks).color : "var(--theory)", dash };
}

function nameOf(reading: Reading, looks: Looks): string {
  const { family, depth } = caseOf(reading.caseName);
  const parts = [
    looks.together && looks.families.length > 1 ? family : "",
    depth === null ? "" : `depth ${depth}`,
  ];
  return parts.filter((part) => part).join(", ");
}

function pointsOf({ x, y, errors, labels }: Reading): Line["points"] {
  return x.map((at, index) => ({
    x: at,
    y: y[index] ?? NaN,
    error: errors[index] ?? null,
    label: labels[index] ?? "",
  }));
}

function linesOf(readings: readonly Reading[], predictions: readonly Reading[], looks: Looks): Line[] {
  return readings.flatMap((reading) => {
    const name = nameOf(reading, looks);
    const theories = predictions.filter((prediction) => speaksOf(prediction, reading));
    return [
      ...theories.map((prediction) => ({
        name: [name, `theory ${words(prediction.theory)}`].filter((part) => part).join(", "),
        look: theoryLook(prediction, looks),
        points: pointsOf(prediction),
        isTheory: true,
      })),
      { name, look: lookOf(reading, looks), points: pointsOf(reading), isTheory: false },
    ];
  });
}

function legendOf(looks: Looks, references: readonly Reference[], sparse: boolean): LegendEntry[] {
  const mark = sparse ? "line and dots" : "line";
  const entries: LegendEntry[] = [];
  if (looks.depths.length > 1) {
    looks.depths.forEach((depth, index) =>
      entries.push({ label: `depth ${depth}`, ...shade(index, looks.depths.length), mark }),
    );
  } else if (looks.together && looks.families.length > 1) {
    looks.families.forEach((family, index) => entries.push({ label: family, ...hue(index), mark }));
  } else if (looks.theories.length > 0 || references.length > 0) {
    entries.push({ label: "measured", ...hue(0), mark });
  }
  const color =
    looks.depths.length > 1 || (looks.together && looks.families.length > 1)
      ? "currentColor"
      : "var(--theory)";
  looks.theories.forEach((theory, index) => {
    entries.push({
      label: `theory: ${words(theory)}`,
      color,
      dash: THEORY_DASHES[index % THEORY_DASHES.length] ?? "none",
      mark: "line",
    });
  });
  for (const { label, dash } of references) entries.push({ label, color: REFERENCE, dash, mark: "line" });
  return entries;
}

/** How many draws are behind the readings: "means of 20 draws, bars: one standard error". */
export function drawsNote(readings: readonly Reading[]): string {
  const counts = [...new Set(readings.map(({ n }) => n))];
  const most = Math.max(1, ...counts);
  if (most === 1) return "";
  const how = counts.length === 1 ? String(most) : `${Math.min(...counts)} to ${most}`;
  return `Means of ${how} draws; bars and bands: one standard error.`;
}

/** Whether readings share one panel. */
export function shareOnePanel(readings: readonly Reading[]): boolean {
  return looksOf(readings, []).together;
}

export function curvesFigure(
  content: CurvesContent,
  { results, terms, highlight }: Page,
): HTMLElement | null {
  const { name, references = [], height, xDomain } = content;
  const readings = content.readings.filter(({ reason }) => !reason);
  const first = readings[0];
  if (!first) return null;
  const predictions = results.predictions.filter((prediction) =>
    readings.some((reading) => speaksOf(prediction, reading)),
  );
  const looks = looksOf(readings, predictions);
  const groups = looks.together
    ? [readings]
    : looks.families.map((family) => readings.filter(({ caseName }) => caseOf(caseName).family === family));
  const lines = groups.map((group) => linesOf(group, predictions, looks));
  const values = valuesOf(lines.flat());
  const yDomain = domainOf([...values, ...references.flatMap(({ points }) => points.map(({ y }) => y))]);
  const cells: Panel[][] = groups.map((group, index) => [
    linesPanel({
      title: looks.together ? "" : caseOf(group[0]?.caseName ?? "").family,
      xName: first.xName,
      yName: words(name),
      lines: lines[index] ?? [],
      references,
      ...(yDomain ? { yDomain } : {}),
      ...(xDomain ? { xDomain } : {}),
      ...(height ? { height } : {}),
    }),
  ]);
  const measured = readings.flatMap(({ y }) => y);
  const decades = spansDecades(measured);
  const term = terms.of(name);
  const note = [term.range && `Range: ${term.range}.`, content.drawsSaid ? "" : drawsNote(readings)]
    .filter((part) => part)
    .join(" ");
  return figure(
    {
      name,
      title: content.title ?? terms.title(name),
      caption: term.sentence,
      ...(note ? { note } : {}),
      legend: legendOf(looks, references, first.x.length <= 80),
      cells,
      logarithmic:
        decades && !content.linear ? "first" : measured.some((value) => value > 0) ? "possible" : "never",
    },
    highlight,
  );
}
