// SPDX-License-Identifier: Apache-2.0
// Curves of one name: one panel when they are few, one for each family of networks when they are many.

import { caseNames, families, grades, speaksOf } from "../cases.ts";
import { linesPanel, MOST_DOTS, type Line, type Reference } from "../charts/lines.ts";
import { figure, type LegendEntry, type Panel } from "../figure.ts";
import { spansDecades, words } from "../number.ts";
import { hue, REFERENCE, shade, type Look } from "../palette.ts";
import type { Grade, Reading } from "../records.ts";
import type { Term } from "../terms.ts";
import type { Page } from "./view.ts";

const MOST_TOGETHER = 6;
const MOST_TOGETHER_WITH_THEORY = 4;
const MOST_GRADES_NAMED = 6;
const THEORY_DASHES = ["none", "5 3", "2 3", "8 3 2 3", "8 3 2 3 2 3"];

export interface CurvesContent {
  readonly name: string;
  readonly readings: readonly Reading[];
  readonly references?: readonly Reference[];
  readonly xDomain?: readonly [number, number];
  readonly height?: number;
  readonly title?: string;
  /** What it shows, where the catalog does not say. */
  readonly caption?: string;
  /** Of the files that are saved; the name otherwise. */
  readonly file?: string;
  /** Leave it to the view to say how many draws are behind the values. */
  readonly drawsSaid?: boolean;
  /** Draw on a linear axis first even when values span decades. */
  readonly linear?: boolean;
}

interface Looks {
  readonly families: readonly string[];
  readonly grades: readonly Grade[];
  readonly theories: readonly string[];
  readonly together: boolean;
}

function looksOf(readings: readonly Reading[], predictions: readonly Reading[]): Looks {
  const names = caseNames(readings);
  const kinds = families(readings);
  const most = predictions.length > 0 ? MOST_TOGETHER_WITH_THEORY : MOST_TOGETHER;
  return {
    families: kinds,
    grades: grades(readings),
    theories: [...new Set(predictions.map(({ theory }) => theory))],
    together: kinds.length === 1 || (kinds.length <= most && kinds.length === names.length),
  };
}

function isGraded({ grades }: Looks): boolean {
  return grades.length > 1;
}

/** Whether families have colours of their own. */
function tellsFamilies(looks: Looks): boolean {
  return !isGraded(looks) && looks.together && looks.families.length > 1;
}

function lookOf(reading: Reading, looks: Looks): Look {
  const { family, grade } = reading;
  if (grade && isGraded(looks)) {
    return shade(
      looks.grades.findIndex(({ at }) => at === grade.at),
      looks.grades.length,
    );
  }
  return looks.together ? hue(looks.families.indexOf(family)) : hue(0);
}

function theoryLook(prediction: Reading, looks: Looks): Look {
  const dash = THEORY_DASHES[looks.theories.indexOf(prediction.theory) % THEORY_DASHES.length] ?? "none";
  const shared = isGraded(looks) || tellsFamilies(looks);
  return { color: shared ? lookOf(prediction, looks).color : "var(--theory)", dash };
}

function nameOf(reading: Reading, looks: Looks): string {
  const { family, grade } = reading;
  const parts = [
    looks.together && looks.families.length > 1 ? family : "",
    grade ? `${grade.name} ${grade.at}` : "",
  ];
  return parts.filter((part) => part).join(", ");
}

/** The points of a curve; the places of a prediction have the names of those it speaks of. */
function pointsOf({ x, y, errors, labels }: Reading, named: Reading): Line["points"] {
  const names = new Map(named.x.map((at, index) => [at, named.labels[index] ?? ""]));
  return x.map((at, index) => ({
    x: at,
    y: y[index] ?? NaN,
    error: errors[index] ?? null,
    label: labels[index] ?? names.get(at) ?? "",
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
        points: pointsOf(prediction, reading),
        isTheory: true,
      })),
      { name, look: lookOf(reading, looks), points: pointsOf(reading, reading), isTheory: false },
    ];
  });
}

/** Of many grades some, the first and the last among them. */
function namedGrades({ grades }: Looks): Grade[] {
  const step = Math.ceil((grades.length - 1) / (MOST_GRADES_NAMED - 1));
  return grades.filter((_, index) => index % step === 0 || index === grades.length - 1);
}

type Mark = LegendEntry["mark"];

/** How curves are drawn: dots where there are few enough, joined unless theory goes through all of them. */
function markOf(readings: readonly Reading[], predictions: readonly Reading[]): Mark {
  if ((readings[0]?.x.length ?? 0) > MOST_DOTS) return "line";
  const all = readings.every((reading) => predictions.some((prediction) => speaksOf(prediction, reading)));
  return all ? "dots" : "line and dots";
}

function legendOf(looks: Looks, references: readonly Reference[], mark: Mark): LegendEntry[] {
  const entries: LegendEntry[] = [];
  if (isGraded(looks)) {
    for (const grade of namedGrades(looks)) {
      const look = shade(looks.grades.indexOf(grade), looks.grades.length);
      entries.push({ label: `${grade.name} ${grade.at}`, ...look, mark });
    }
  } else if (tellsFamilies(looks)) {
    looks.families.forEach((family, index) => entries.push({ label: family, ...hue(index), mark }));
  } else if (looks.theories.length > 0 || references.length > 0) {
    entries.push({ label: "measured", ...hue(0), mark });
  }
  const color = isGraded(looks) || tellsFamilies(looks) ? "currentColor" : "var(--theory)";
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

/** How many draws are behind the readings: "Means of 20 draws; bars and bands: one standard error." */
export function drawsNote(readings: readonly Reading[]): string {
  const counts = [...new Set(readings.map(({ n }) => n))];
  const most = Math.max(1, ...counts);
  if (most === 1) return "";
  const how = counts.length === 1 ? String(most) : `${Math.min(...counts)} to ${most}`;
  const means = readings.every(({ geometric }) => geometric) ? "Geometric means" : "Means";
  return `${means} of ${how} draws; bars and bands: one standard error.`;
}

/** What theory assumes, where there is one; several are told apart in the catalog of theories. */
function assumptionsNote(predictions: readonly Reading[]): string {
  const said = new Set(predictions.map(({ assumes }) => assumes).filter((text) => text));
  return said.size === 1 ? `Theory assumes ${[...said].join("")}.` : "";
}

/** What the ends of a measurement's range mean. */
export function rangeNote({ range }: Term): string {
  return range && `${range.charAt(0).toUpperCase()}${range.slice(1)}.`;
}

function geometricNote(readings: readonly Reading[]): string {
  return readings.some(({ geometric, n }) => geometric && n > 1) ? "Geometric mean over draws." : "";
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
    : looks.families.map((family) => readings.filter((reading) => reading.family === family));
  const lines = groups.map((group) => linesOf(group, predictions, looks));
  const cells: Panel[][] = groups.map((group, index) => [
    linesPanel({
      title: looks.together ? "" : (group[0]?.family ?? ""),
      xName: first.xName,
      yName: words(name),
      lines: lines[index] ?? [],
      references,
      together: lines.flat(),
      ...(xDomain ? { xDomain } : {}),
      ...(height ? { height } : {}),
    }),
  ]);
  const measured = readings.flatMap(({ y }) => y);
  const decades = spansDecades(measured);
  const term = terms.of(name);
  const draws = content.drawsSaid ? geometricNote(readings) : drawsNote(readings);
  const note = [rangeNote(term), draws, assumptionsNote(predictions)].filter((part) => part).join(" ");
  return figure(
    {
      name: content.file ?? name,
      title: content.title ?? terms.title(name),
      caption: content.caption ?? term.sentence,
      ...(note ? { note } : {}),
      legend: legendOf(looks, references, markOf(readings, predictions)),
      cells,
      logarithmic:
        decades && !content.linear ? "first" : measured.some((value) => value > 0) ? "possible" : "never",
    },
    highlight,
  );
}
