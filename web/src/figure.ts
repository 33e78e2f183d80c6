// SPDX-License-Identifier: Apache-2.0
// A figure: what it shows, its panels, how to read it, and how to take it along.

import type { Drawing } from "./charts/drawing.ts";
import { composed, GAP, saveCsv, savePng, saveSvg, type Piece, type Row } from "./download.ts";
import { button, drawn, element, table } from "./element.ts";
import type { Highlight } from "./highlight.ts";
import { shown } from "./number.ts";
import { canBeTaken, type Taking } from "./takable.ts";

export interface Panel {
  readonly title: string;
  /** What could not be drawn, in words. */
  readonly remark?: string;
  /** Whether x counts depth, so that a layer can be chosen and is marked. */
  readonly alongDepth?: boolean;
  /** Of its drawing, so that the page keeps room for what is not drawn yet. */
  height(width: number, logarithmic: boolean): number;
  draw(width: number, logarithmic: boolean): Drawing;
  rows(): Row[];
}

export interface LegendEntry {
  readonly label: string;
  readonly color: string;
  readonly dash: string;
  readonly mark: "line" | "dots" | "line and dots" | "area";
}

export interface FigureContent {
  /** Of files that are saved. */
  readonly name: string;
  readonly title: string;
  readonly caption: string;
  readonly note?: string;
  readonly legend: readonly LegendEntry[];
  /** Each cell is a stack of panels; cells stand side by side where there is room. */
  readonly cells: readonly (readonly Panel[])[];
  /** Whether its values can be shown by their logarithms, and whether they are at first. */
  readonly logarithmic?: "never" | "possible" | "first";
  /** More cells than these appear on request. */
  readonly most?: number;
}

const MOST_CELLS = 24;
/** What a panel needs to be read. */
const LEAST_WIDTH = 280;
const MOST_COLUMNS = 4;
const ROWS_SHOWN = 200;

class Slot {
  readonly box = element("div", { class: "panel" });
  private drawing: Drawing | null = null;
  private width = 0;
  private readonly place = element("div", { class: "drawing" });

  constructor(
    readonly panel: Panel,
    private readonly highlight: Highlight,
    private readonly isLogarithmic: () => boolean,
  ) {
    if (panel.title) this.box.append(element("h4", {}, panel.title));
    this.box.append(this.place);
    if (panel.remark) this.box.append(element("p", { class: "remark" }, panel.remark));
    if (panel.alongDepth) highlight.listen(() => this.mark());
  }

  private get room(): number {
    return Math.max(200, Math.floor(this.place.clientWidth || 320));
  }

  /** Keeps its place: what is below does not move away from under the pointer when it is drawn. */
  reserve(): void {
    this.place.style.minHeight = `${this.panel.height(this.room, this.isLogarithmic())}px`;
  }

  /** Draws when it never did, or when its width changed; `wanted` instead of what the page gives it. */
  draw(again = false, wanted?: number): Drawing {
    const width = wanted ?? this.room;
    if (this.drawing && !again && Math.abs(width - this.width) < 4) return this.drawing;
    this.width = width;
    this.drawing = this.panel.draw(width, this.isLogarithmic());
    this.place.style.minHeight = "";
    this.place.replaceChildren(this.drawing);
    if (this.panel.alongDepth) this.listen(this.drawing);
    this.mark();
    return this.drawing;
  }

  isDrawn(): boolean {
    return this.drawing !== null;
  }

  private listen(drawing: Drawing): void {
    drawing.addEventListener("click", () => {
      const value = drawing.value as { x?: unknown } | null | undefined;
      if (typeof value?.x === "number") this.highlight.choose(value.x, true);
    });
  }

  private mark(): void {
    this.drawing?.querySelector(".highlighted-layer")?.remove();
    const depth = this.highlight.current;
    const scale = this.drawing?.scale("x");
    if (depth === null || !scale || !this.drawing || !this.panel.alongDepth) return;
    const [low, high] = scale.domain as unknown as [number, number];
    if (depth < low || depth > high) return;
    const x = scale.apply(depth) as number;
    const height = Number(this.drawing.getAttribute("height"));
    this.drawing.append(drawn("line", { class: "highlighted-layer", x1: x, x2: x, y1: 8, y2: height - 30 }));
  }
}

function legendOf(entries: readonly LegendEntry[]): HTMLElement {
  return element(
    "ul",
    { class: "legend" },
    ...entries.map(({ label, color, dash, mark }) => {
      const swatch = drawn("svg", { width: 26, height: 12, "aria-hidden": "true" });
      if (mark === "area") swatch.append(drawn("rect", { x: 2, y: 1, width: 22, height: 10, fill: color }));
      if (mark.includes("line")) {
        const line = {
          x1: 1,
          x2: 25,
          y1: 6,
          y2: 6,
          stroke: color,
          "stroke-width": 2,
          "stroke-dasharray": dash,
        };
        swatch.append(drawn("line", line));
      }
      if (mark.includes("dots")) swatch.append(drawn("circle", { cx: 13, cy: 6, r: 3, fill: color }));
      return element("li", {}, swatch, label);
    }),
  );
}

function numbersOf(panels: readonly Panel[], title: string): HTMLElement {
  const rows = panels.flatMap((panel) => panel.rows());
  const keys = [...new Set(rows.flatMap((row) => Object.keys(row)))];
  const cells = rows.map((row) =>
    keys.map((key) => {
      const value = row[key];
      return typeof value === "number" ? shown(value, 5) : (value ?? "");
    }),
  );
  return table(keys, cells, `The numbers of: ${title}`, ROWS_SHOWN);
}

// What draws a figure whole. Kept by the figure, so that one that has left the page is forgotten.
const whatDraws = new WeakMap<Element, () => void>();

/** Draws every panel below an element now, seen or not. */
export function drawAll(root: ParentNode): void {
  for (const made of root.querySelectorAll("figure")) whatDraws.get(made)?.();
}

let printsWhole = false;

function drawForPrint(): void {
  if (!printsWhole) window.addEventListener("beforeprint", () => drawAll(document));
  printsWhole = true;
}

// Draws what comes near the window first; the rest when it does, or for print.
function drawWhenNear(slots: readonly Slot[]): void {
  const near = new IntersectionObserver(
    (entries) => {
      for (const entry of entries) {
        const slot = slots.find(({ box }) => box === entry.target);
        if (entry.isIntersecting) slot?.draw();
      }
    },
    { rootMargin: "400px" },
  );
  const resized = new ResizeObserver(() =>
    slots.forEach((slot) => (slot.isDrawn() ? slot.draw() : slot.reserve())),
  );
  for (const slot of slots) near.observe(slot.box);
  if (slots[0]) resized.observe(slots[0].box);
}

export function figure(content: FigureContent, highlight: Highlight): HTMLElement {
  const scale = content.logarithmic ?? "never";
  let logarithmic = scale === "first";
  const grid = element("div", { class: content.cells.length === 1 ? "cells one" : "cells" });
  // All of them, also those that nobody has asked to see yet: the figure is taken whole.
  const rows = content.cells.map((cell) =>
    cell.map((panel) => new Slot(panel, highlight, () => logarithmic)),
  );
  const append = (added: readonly Slot[][]): void => {
    for (const slots of added) grid.append(element("div", { class: "cell" }, ...slots.map(({ box }) => box)));
    drawWhenNear(added.flat());
  };

  const most = content.most ?? MOST_CELLS;
  append(rows.slice(0, most));
  const legend = legendOf(content.legend);

  const whole = ({ width, panel }: Taking = {}): SVGSVGElement => {
    const shown = panel === undefined ? rows : [rows.flat().filter((slot) => slot.panel.title === panel)];
    const fitting = width === undefined ? MOST_COLUMNS : Math.floor(width / (LEAST_WIDTH + GAP));
    const columns = Math.max(1, Math.min(MOST_COLUMNS, shown.length, fitting));
    const each = width === undefined ? undefined : Math.floor((width - GAP) / columns) - GAP;
    const lines: Piece[][] = [];
    for (let first = 0; first < shown.length; first += columns) {
      const group = shown.slice(first, first + columns);
      const depth = Math.max(...group.map((slots) => slots.length));
      for (let k = 0; k < depth; k++) {
        lines.push(
          group
            .flatMap((slots) => slots[k] ?? [])
            .map((slot) => ({ title: slot.panel.title, drawing: slot.draw(false, each) })),
        );
      }
    }
    const named = [...legend.children].flatMap((entry) => {
      const drawing = entry.querySelector("svg");
      return drawing ? [{ title: entry.textContent, drawing }] : [];
    });
    return composed(lines, content.title, named);
  };
  const panels = content.cells.flat();
  const tools = element("div", {
    class: "tools",
    role: "group",
    "aria-label": `Of the figure ${content.title}`,
  });
  if (scale !== "never") {
    const toggle = button(logarithmic ? "Linear axis" : "Log axis", () => {
      logarithmic = !logarithmic;
      toggle.textContent = logarithmic ? "Linear axis" : "Log axis";
      rows.flat().forEach((slot) => slot.isDrawn() && slot.draw(true));
    });
    tools.append(toggle);
  }
  const numbers = element("div", { class: "numbers", hidden: "" });
  const numbersButton = button(
    "Numbers",
    () => {
      if (!numbers.hasChildNodes()) numbers.append(numbersOf(panels, content.title));
      numbers.hidden = !numbers.hidden;
      numbersButton.setAttribute("aria-expanded", String(!numbers.hidden));
    },
    { "aria-expanded": "false" },
  );
  tools.append(
    numbersButton,
    button("CSV", () =>
      saveCsv(
        panels.flatMap((panel) => panel.rows()),
        content.name,
      ),
    ),
    button("SVG", () => saveSvg(whole(), content.name)),
    button("PNG", () => void savePng(whole(), content.name)),
  );

  const made = element(
    "figure",
    { "data-figure": content.name },
    element(
      "figcaption",
      {},
      element("h3", {}, content.title),
      content.caption && element("p", {}, content.caption),
    ),
    content.legend.length > 0 && legend,
    grid,
  );
  if (content.cells.length > most) {
    const more = button(`Show ${content.cells.length - most} more`, () => {
      append(rows.slice(most));
      more.remove();
    });
    made.append(more);
  }
  if (content.note) made.append(element("p", { class: "note" }, content.note));
  made.append(tools, numbers);
  drawForPrint();
  whatDraws.set(made, () => rows.flat().forEach((slot) => slot.draw()));
  canBeTaken(made, {
    name: content.name,
    title: content.title,
    panels: panels.flatMap(({ title }) => title || []),
    whole,
  });
  return made;
}
