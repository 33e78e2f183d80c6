// SPDX-License-Identifier: Apache-2.0
// A sweep over several axes: any reading over any two of them, the edge between its two sides, and what was found where.

import { cellsPanel, type Cell } from "../charts/cells.ts";
import { element } from "../element.ts";
import { figure, type LegendEntry } from "../figure.ts";
import { sentence, shown, spansDecades, withError, words } from "../number.ts";
import { REFERENCE } from "../palette.ts";
import type { CaseRecord, Coordinate, Reading } from "../records.ts";
import { findingCard } from "./verdict.ts";
import type { Page, View } from "./view.ts";

/** A number of every case: a scalar, or a curve's at one place. */
interface Quantity {
  readonly label: string;
  readonly name: string;
  readonly type: Reading["type"];
  readonly tap: string;
  /** Of a curve. */
  readonly at: number | null;
}

/** Values that separate healthy networks from others. */
const EDGES: Readonly<Record<string, number>> = {
  severity: 0.5,
  correlation_length: 0.125,
  gradient_variance: 1,
};
const MOST_CHOICES = 400;

function isOfSweep({ coordinates, type }: Reading): boolean {
  return coordinates.length > 1 && (type === "scalar" || type === "curve");
}

function quantitiesOf(readings: readonly Reading[]): Quantity[] {
  const found = new Map<string, Quantity>();
  for (const { name, type, tap, x, xName } of readings) {
    const places = type === "curve" ? [...x].reverse() : [null];
    for (const at of places) {
      const place = at !== null ? ` at ${words(xName)} ${shown(at)}` : tap ? ` at ${tap}` : "";
      const label = sentence(name) + place;
      if (!found.has(label) && found.size < MOST_CHOICES) found.set(label, { label, name, type, tap, at });
    }
  }
  return [...found.values()];
}

function numberOf(reading: Reading | undefined, { at }: Quantity): { value: number; error: number | null } {
  const index = at === null ? 0 : (reading?.x.indexOf(at) ?? -1);
  return { value: reading?.y[index] ?? NaN, error: reading?.errors[index] ?? null };
}

function isOf(quantity: Quantity): (reading: Reading) => boolean {
  return ({ name, type, tap }) => name === quantity.name && type === quantity.type && tap === quantity.tap;
}

function textOf(coordinates: readonly Coordinate[], axis: string): string {
  return String(coordinates.find(([name]) => name === axis)?.[1] ?? "");
}

/** The values on an axis, numbers from the least, words in the order of the file. */
function valuesOf(cases: readonly CaseRecord[], axis: string): string[] {
  const values = [...new Set(cases.map(({ place }) => textOf(place.coordinates, axis)))];
  return values.every((value) => value !== "" && Number.isFinite(Number(value)))
    ? values.sort((a, b) => Number(a) - Number(b))
    : values;
}

function middleOf(values: readonly number[]): number {
  const finite = values.filter(Number.isFinite);
  const low = Math.min(...finite);
  const high = Math.max(...finite);
  return spansDecades(finite) ? Math.sqrt(low * high) : (low + high) / 2;
}

function choice(label: string, options: readonly string[], chosen: string): [HTMLElement, HTMLSelectElement] {
  const select = element(
    "select",
    {},
    ...options.map((option) => element("option", { value: option }, option)),
  );
  select.value = chosen;
  return [element("label", { class: "choice" }, `${label} `, select, " "), select];
}

const LEGEND: readonly LegendEntry[] = [
  { label: "edge, as measured", color: "currentColor", dash: "none", mark: "line" },
  { label: "edge, as theory has it", color: REFERENCE, dash: "5 3", mark: "line" },
];

/** What is known of one case, below the maps. */
function verdictOfCase(
  page: Page,
  caseName: string,
  readings: readonly Reading[],
  quantity: Quantity,
): Node[] {
  const record = page.results.cases.find(({ name }) => name === caseName);
  const own = readings.find((reading) => reading.caseName === caseName && isOf(quantity)(reading));
  const { value, error } = numberOf(own, quantity);
  const findings = page.results.findings.filter((finding) => finding.caseName === caseName);
  const skipped = page.results.coverage.find((coverage) => coverage.caseName === caseName)?.skipped ?? [];
  return [
    element("h3", {}, caseName),
    element("p", {}, `${quantity.label}: ${withError(value, error)}${own ? `, ${own.n} seeds` : ""}`),
    ...(record ? [element("p", { class: "facts" }, `${record.network} · ${record.inputs}`)] : []),
    ...skipped.map(({ node, reason }) => element("p", { class: "remark" }, `${node}: ${reason}`)),
    ...findings.map((finding) => findingCard(finding)),
  ];
}

class SweepMaps {
  readonly nodes: Node[];
  private readonly place = element("div");
  private readonly details = element("div", { class: "case", "aria-live": "polite" });
  private readonly quantities: Quantity[];
  private readonly cases: readonly CaseRecord[];
  private readonly reading: HTMLSelectElement;
  private readonly across: HTMLSelectElement;
  private readonly up: HTMLSelectElement;
  private readonly caseChoice: HTMLSelectElement;
  private readonly edge = element("input", { type: "number", step: "any" });

  constructor(
    private readonly page: Page,
    private readonly readings: readonly Reading[],
  ) {
    this.quantities = quantitiesOf(readings);
    this.cases = page.results.cases.filter(({ place }) => place.coordinates.length > 1);
    const axes = [...new Set(this.cases.flatMap(({ place }) => place.coordinates.map(([name]) => name)))]
      .map((name) => ({ name, count: valuesOf(this.cases, name).length }))
      .sort((a, b) => b.count - a.count)
      .map(({ name }) => name);
    const made = [
      choice(
        "Reading",
        this.quantities.map(({ label }) => label),
        this.quantities[0]?.label ?? "",
      ),
      choice("across", axes, axes[0] ?? ""),
      choice("up", axes, axes[1] ?? ""),
      choice("Case", ["", ...this.cases.map(({ name }) => name)], ""),
    ] as const;
    [this.reading, this.across, this.up, this.caseChoice] = [made[0][1], made[1][1], made[2][1], made[3][1]];
    this.reading.addEventListener("change", () => this.draw(true));
    this.across.addEventListener("change", () => this.part(this.up, this.across, axes));
    this.up.addEventListener("change", () => this.part(this.across, this.up, axes));
    this.edge.addEventListener("change", () => this.draw(false));
    this.caseChoice.addEventListener("change", () => this.choose(this.caseChoice.value));
    this.draw(true);
    this.nodes = [
      element(
        "div",
        { class: "choices" },
        made[0][0],
        made[1][0],
        made[2][0],
        element("label", { class: "choice" }, "Edge at ", this.edge),
      ),
      this.place,
      made[3][0],
      this.details,
    ];
  }

  // Two axes are never the same.
  private part(other: HTMLSelectElement, chosen: HTMLSelectElement, axes: readonly string[]): void {
    if (other.value === chosen.value) other.value = axes.find((name) => name !== chosen.value) ?? "";
    this.draw(false);
  }

  private choose(caseName: string): void {
    this.caseChoice.value = caseName;
    const nodes = caseName ? verdictOfCase(this.page, caseName, this.readings, this.quantity()) : [];
    this.details.replaceChildren(...nodes);
  }

  private quantity(): Quantity {
    const chosen = this.quantities.find(({ label }) => label === this.reading.value) ?? this.quantities[0];
    if (!chosen) throw new Error("a sweep without a reading is not drawn");
    return chosen;
  }

  private draw(newReading: boolean): void {
    const quantity = this.quantity();
    const isWanted = isOf(quantity);
    const measured = new Map(this.readings.filter(isWanted).map((reading) => [reading.caseName, reading]));
    // The first theory is the better one.
    const theory = new Map(
      [...this.page.results.predictions]
        .reverse()
        .filter(isWanted)
        .map((reading) => [reading.caseName, reading]),
    );
    const values = [...measured.values()].map((reading) => numberOf(reading, quantity).value);
    const finite = values.filter(Number.isFinite);
    if (newReading) this.edge.value = String(EDGES[quantity.name] ?? Number(shown(middleOf(finite))));
    const logarithmic = spansDecades(finite);
    const axes = [this.across.value, this.up.value];
    const panels = this.panelKeys(axes).map(([title, cases]) =>
      cellsPanel({
        title,
        columnName: axes[0] ?? "",
        rowName: axes[1] ?? "",
        columns: valuesOf(this.cases, axes[0] ?? ""),
        rows: valuesOf(this.cases, axes[1] ?? ""),
        cells: cases.map(({ name, place }): Cell => ({
          column: textOf(place.coordinates, axes[0] ?? ""),
          row: textOf(place.coordinates, axes[1] ?? ""),
          value: numberOf(measured.get(name), quantity).value,
          theory: numberOf(theory.get(name), quantity).value,
          caseName: name,
        })),
        domain: [Math.min(...finite), Math.max(...finite)],
        logarithmic,
        edge: Number(this.edge.value),
        choose: (caseName) => this.choose(caseName),
      }),
    );
    this.place.replaceChildren(
      figure(
        {
          name: `${quantity.name}_over_${axes.join("_and_")}`,
          title: quantity.label,
          caption: `${this.page.terms.of(quantity.name).sentence} Activate a cell to read what was found there.`,
          legend: theory.size > 0 ? LEGEND : LEGEND.slice(0, 1),
          cells: panels.map((panel) => [panel]),
          note: `Dark blue is ${shown(Math.min(...finite))}, yellow ${shown(Math.max(...finite))}${logarithmic ? ", by logarithms" : ""}; blank cells have no number.`,
        },
        this.page.highlight,
      ),
    );
    if (this.caseChoice.value) this.choose(this.caseChoice.value);
  }

  // A map for each combination on the other axes.
  private panelKeys(axes: readonly string[]): [string, CaseRecord[]][] {
    const groups = new Map<string, CaseRecord[]>();
    for (const record of this.cases) {
      const others = record.place.coordinates.filter(([name]) => !axes.includes(name));
      const key = others.map(([name, value]) => `${words(name)} ${value}`).join(", ");
      groups.set(key, [...(groups.get(key) ?? []), record]);
    }
    return [...groups];
  }
}

export const sweep: View = {
  id: "sweep",
  title: "Over the sweep",
  claims: isOfSweep,
  content(page: Page, readings: readonly Reading[]): Node[] {
    return readings.length > 0 ? new SweepMaps(page, readings).nodes : [];
  },
};
