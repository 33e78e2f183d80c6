// SPDX-License-Identifier: Apache-2.0
// The network as a graph, coloured by a reading: one sees where it goes wrong.

import { composed, savePng, saveSvg } from "../download.ts";
import { button, element } from "../element.ts";
import { GraphDrawing } from "../graph/drawing.ts";
import { nodeValues, type NodeValues } from "../graph/values.ts";
import { shown, words } from "../number.ts";
import type { Graph } from "../records.ts";
import { canBeTaken } from "../takable.ts";
import type { Page, View } from "./view.ts";

const MOST_NODES = 3000;

function scaleOf(values: NodeValues | null): HTMLElement | string {
  if (!values) return "";
  const bar = element("span", { class: "ramp", "aria-hidden": "true" });
  return element(
    "span",
    { class: "scale" },
    shown(values.low),
    bar,
    shown(values.high),
    values.logarithmic ? " (logarithmic)" : "",
  );
}

/** The graph as it stands, for a file of its own. */
function pictureOf({ svg }: GraphDrawing, values: NodeValues | null): SVGSVGElement {
  const title = values
    ? `${words(values.name)}, from ${shown(values.low)} (blue) to ${shown(values.high)} (yellow)`
    : "";
  return composed(svg ? [[{ title, drawing: svg }]] : [], "The network", []);
}

function graphFigure(graph: Graph, page: Page): HTMLElement {
  const choices = nodeValues(graph, page.results.readings);
  let chosen = choices.find(({ name }) => name === "gradient_correlation") ?? choices[0] ?? null;
  const drawing = new GraphDrawing(graph, page.highlight, chosen);
  const scale = element("span", {}, scaleOf(chosen));
  const select = element(
    "select",
    {},
    ...choices.map(({ name }) => element("option", { value: name }, words(name))),
  );
  if (chosen) select.value = chosen.name;
  select.addEventListener("change", () => {
    chosen = choices.find(({ name }) => name === select.value) ?? null;
    scale.replaceChildren(scaleOf(chosen));
    drawing.colourBy(chosen);
  });
  const controls = element(
    "div",
    { class: "choice" },
    choices.length > 0 && element("label", {}, "Coloured by ", select),
    " ",
    scale,
  );
  const tools = element("div", { class: "tools", role: "group", "aria-label": "Of the graph" });
  if (drawing.canFold()) {
    tools.append(
      button("Fold repeated blocks", () => drawing.fold(true)),
      button("Unfold all", () => drawing.fold(false)),
    );
  }
  tools.append(
    button("SVG", () => saveSvg(pictureOf(drawing, chosen), "graph")),
    button("PNG", () => void savePng(pictureOf(drawing, chosen), "graph")),
  );
  drawing.draw();
  const made = element(
    "figure",
    { "data-figure": "graph" },
    element(
      "figcaption",
      {},
      element(
        "p",
        {},
        "The network from its input at the top to its output. Repeated blocks are folded into one box, with one cell for each; activate it to unfold. Skips are drawn in colour.",
      ),
    ),
    controls,
    drawing.place,
    tools,
  );
  canBeTaken(made, {
    name: "graph",
    title: "Where in the network",
    panels: [],
    whole: () => pictureOf(drawing, chosen),
  });
  return made;
}

export const graph: View = {
  id: "graph",
  title: "Where in the network",
  content(page: Page): Node[] {
    return page.results.graphs
      .filter((record) => record.nodes.length > 0)
      .map((record) =>
        record.nodes.length > MOST_NODES
          ? element("p", {}, `This network has ${record.nodes.length} nodes, more than a picture can show.`)
          : graphFigure(record, page),
      );
  },
};
