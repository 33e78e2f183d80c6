// SPDX-License-Identifier: Apache-2.0
// The drawing of a graph: nodes coloured by a reading, repeated blocks folded, one layer highlighted.

import { drawn, element } from "../element.ts";
import type { Highlight } from "../highlight.ts";
import { shown, words } from "../number.ts";
import { inkOn, ramp } from "../palette.ts";
import type { Graph } from "../records.ts";
import { findRuns, type Run } from "./fold.ts";
import { layout, type Arrow, type Box } from "./layout.ts";
import { part, type NodeValues } from "./values.ts";

const LETTERS = 26;

function shortened(text: string): string {
  return text.length > LETTERS ? `${text.slice(0, LETTERS - 1)}…` : text;
}

function arrowPath({ points }: Arrow): string {
  const [first, ...rest] = points;
  if (!first) return "";
  return `M${first.x},${first.y}` + rest.map(({ x, y }) => `L${x},${y}`).join("");
}

export class GraphDrawing {
  readonly place = element("div", {
    class: "graph",
    tabindex: "0",
    role: "region",
    "aria-label": "The network as a graph",
  });
  private readonly runs: Run[];
  private unfolded = new Set<Run>();
  private drawing: SVGSVGElement | null = null;

  constructor(
    private readonly graph: Graph,
    private readonly highlight: Highlight,
    private values: NodeValues | null,
  ) {
    this.runs = findRuns(graph);
    highlight.listen(() => this.mark());
  }

  get svg(): SVGSVGElement | null {
    return this.drawing;
  }

  canFold(): boolean {
    return this.runs.length > 0;
  }

  fold(all: boolean): void {
    this.unfolded = new Set(all ? [] : this.runs);
    this.draw();
  }

  colourBy(values: NodeValues | null): void {
    this.values = values;
    this.draw();
  }

  draw(): void {
    const folded = this.runs.filter((run) => !this.unfolded.has(run));
    const { boxes, arrows, width, height } = layout(this.graph, folded);
    const svg = drawn("svg", {
      xmlns: "http://www.w3.org/2000/svg",
      width,
      height,
      viewBox: `0 0 ${width} ${height}`,
    });
    for (const arrow of arrows)
      svg.append(
        drawn("path", {
          class: arrow.skip ? "arrow skip" : "arrow",
          d: arrowPath(arrow),
          fill: "none",
          stroke: arrow.skip ? "var(--hue-1)" : "var(--muted)",
          "stroke-width": arrow.skip ? 2 : 1.25,
        }),
      );
    for (const box of boxes) svg.append(box.run ? this.foldedBox(box, box.run) : this.nodeBox(box));
    this.drawing = svg;
    this.place.replaceChildren(svg);
    this.mark();
  }

  private valueText(index: number): string {
    const value = this.values?.values[index] ?? NaN;
    return this.values && Number.isFinite(value) ? `${words(this.values.name)} ${shown(value)}` : "";
  }

  private nodeBox(box: Box): SVGGElement {
    const index = box.members[0] ?? 0;
    const node = this.graph.nodes[index];
    const place = part(
      this.values?.values[index] ?? NaN,
      this.values ?? { name: "", values: [], low: 0, high: 0, logarithmic: false },
    );
    const colored = Number.isFinite(place);
    const ink = colored ? inkOn(place) : "currentColor";
    const value = this.valueText(index);
    const said = [node?.name, node?.operator, `depth ${node?.depth ?? 0}`, value]
      .filter((text) => text)
      .join(", ");
    const group = drawn("g", {
      class: "node",
      role: "button",
      tabindex: 0,
      "data-depth": node?.depth ?? 0,
      transform: `translate(${box.x - box.width / 2},${box.y - box.height / 2})`,
    });
    group.append(
      drawn("title", {}, said),
      drawn("rect", {
        width: box.width,
        height: box.height,
        rx: 5,
        fill: colored ? ramp(place) : "var(--paper)",
        stroke: "var(--muted)",
      }),
      drawn("text", { x: 8, y: 14, fill: ink, "font-size": 11, "font-weight": 600 }, node?.operator ?? ""),
      drawn("text", { x: 8, y: 27, fill: ink, "font-size": 10 }, shortened(node?.name ?? "")),
      drawn(
        "text",
        { x: box.width - 8, y: 14, fill: ink, "font-size": 11, "text-anchor": "end" },
        value ? shown(this.values?.values[index] ?? NaN) : "",
      ),
    );
    this.act(group, () => this.highlight.choose(node?.depth ?? null, true));
    return group;
  }

  // The blocks of a run as a strip, one cell each, the one nearest to the input on the left.
  private foldedBox(box: Box, run: Run): SVGGElement {
    const operators = box.members
      .slice(0, run.period)
      .map((index) => this.graph.nodes[index]?.operator ?? "");
    const said = `${run.count} blocks of ${operators.join(", ")}; activate to unfold`;
    const group = drawn("g", {
      class: "node folded",
      role: "button",
      tabindex: 0,
      transform: `translate(${box.x - box.width / 2},${box.y - box.height / 2})`,
    });
    group.append(
      drawn("title", {}, said),
      drawn("rect", {
        x: 5,
        y: 5,
        width: box.width,
        height: box.height,
        rx: 5,
        fill: "var(--paper)",
        stroke: "var(--muted)",
      }),
      drawn("rect", {
        width: box.width,
        height: box.height,
        rx: 5,
        fill: "var(--paper)",
        stroke: "var(--muted)",
      }),
      drawn(
        "text",
        { x: 8, y: 16, fill: "currentColor", "font-size": 12, "font-weight": 600 },
        `${run.count} ×`,
      ),
      drawn(
        "text",
        { x: 44, y: 16, fill: "currentColor", "font-size": 10 },
        shortened(operators.join(" → ")),
      ),
    );
    const cell = (box.width - 16) / run.count;
    for (let block = 0; block < run.count; block++) group.append(this.blockCell(box, run, block, cell));
    group.append(drawn("text", { x: 8, y: box.height - 5, fill: "currentColor", "font-size": 9 }, "first"));
    group.append(
      drawn(
        "text",
        { x: box.width - 8, y: box.height - 5, fill: "currentColor", "font-size": 9, "text-anchor": "end" },
        "last",
      ),
    );
    this.act(group, () => {
      this.unfolded.add(run);
      this.draw();
    });
    return group;
  }

  private blockCell(box: Box, run: Run, block: number, width: number): SVGRectElement {
    const members = box.members.slice(block * run.period, (block + 1) * run.period);
    const index = members.findLast((member) => Number.isFinite(this.values?.values[member] ?? NaN));
    const place =
      this.values && index !== undefined ? part(this.values.values[index] ?? NaN, this.values) : NaN;
    const cell = drawn("rect", {
      x: 8 + block * width,
      y: 24,
      width: width + 0.4,
      height: 24,
      fill: Number.isFinite(place) ? ramp(place) : "var(--line)",
    });
    const last = members.at(-1) ?? 0;
    cell.append(
      drawn(
        "title",
        {},
        `block ${block + 1}, depth ${this.graph.nodes[last]?.depth ?? 0}: ${index === undefined ? "nothing measured" : this.valueText(index)}`,
      ),
    );
    cell.setAttribute("data-depth", String(this.graph.nodes[index ?? last]?.depth ?? 0));
    return cell;
  }

  private act(group: SVGGElement, act: () => void): void {
    group.addEventListener("click", act);
    group.addEventListener("keydown", (event) => {
      if (event.key !== "Enter" && event.key !== " ") return;
      event.preventDefault();
      act();
    });
  }

  private mark(): void {
    const depth = this.highlight.current;
    for (const node of this.drawing?.querySelectorAll("[data-depth]") ?? []) {
      node.classList.toggle(
        "highlighted",
        depth !== null && node.getAttribute("data-depth") === String(depth),
      );
    }
  }
}
