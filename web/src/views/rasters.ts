// SPDX-License-Identifier: Apache-2.0
// Which units are active on which inputs, and under it histograms of one layer at a time.

import { barsPanel } from "../charts/bars.ts";
import { brightest, heatmapPanel } from "../charts/heatmap.ts";
import { element } from "../element.ts";
import { figure, type Panel } from "../figure.ts";
import { sentence, words } from "../number.ts";
import { hue } from "../palette.ts";
import type { Reading } from "../records.ts";
import type { Page, View } from "./view.ts";

function isRaster({ name, shape }: Reading): boolean {
  return name === "activation_raster" && shape.length === 2;
}

function isHistogram({ type }: Reading): boolean {
  return type === "histogram";
}

function rasterPanel(reading: Reading, title: string): Panel {
  const [rows = 1, columns = 1] = reading.shape;
  const domain = [0, Math.max(1, brightest(reading.y))] as const;
  return heatmapPanel({
    title,
    rowName: "unit",
    columnName: "input number",
    rows,
    columns,
    values: reading.y,
    domain,
    square: false,
  });
}

// A raster is of one network: its case is named after the one whose histograms stand below it.
function familyOf({ caseName }: Reading): string {
  return caseName.replace(/, one draw$/, "");
}

interface Layer {
  readonly depth: number;
  readonly tap: string;
}

function layersOf(histograms: readonly Reading[]): Layer[] {
  const found = new Map<number, string>();
  for (const { depth, tap } of histograms) found.set(depth ?? 0, found.get(depth ?? 0) ?? tap);
  return [...found].map(([depth, tap]) => ({ depth, tap })).sort((a, b) => a.depth - b.depth);
}

function mostOf(histograms: readonly Reading[]): Map<string, number> {
  const most = new Map<string, number>();
  for (const { name, y } of histograms)
    most.set(name, Math.max(most.get(name) ?? 0, ...y.filter(Number.isFinite)));
  return most;
}

function cellsAt(depth: number, rasters: readonly Reading[], histograms: readonly Reading[]): Panel[][] {
  const most = mostOf(histograms.filter((reading) => (reading.depth ?? 0) === depth));
  const names = [...new Set([...rasters, ...histograms].map(familyOf))];
  return names.map((name, index) => {
    const own = (reading: Reading): boolean => familyOf(reading) === name;
    const panels = rasters.filter(own).map((raster) => rasterPanel(raster, name || raster.tap));
    for (const histogram of histograms.filter((reading) => own(reading) && (reading.depth ?? 0) === depth)) {
      const title = panels.length
        ? sentence(histogram.name)
        : [name, sentence(histogram.name)].filter((part) => part).join(": ");
      panels.push(
        barsPanel({
          title,
          xName: histogram.xName,
          yName: words(histogram.name),
          edges: histogram.x,
          values: histogram.y,
          errors: histogram.errors,
          color: hue(index).color,
          most: (most.get(histogram.name) ?? 1) * 1.05,
        }),
      );
    }
    return panels;
  });
}

function captionOf({ terms }: Page, rasters: readonly Reading[], histograms: readonly Reading[]): string {
  const names = [...new Set([...rasters, ...histograms].map(({ name }) => name))];
  return names.map((name) => `${sentence(name)}: ${terms.of(name).sentence}`).join(" ");
}

export const rasters: View = {
  id: "rasters",
  title: "Which units are active on which inputs",
  claims: (reading) => isRaster(reading) || isHistogram(reading),
  content(page: Page, readings: readonly Reading[]): Node[] {
    const pictures = readings.filter(isRaster);
    const histograms = readings.filter(isHistogram);
    const layers = layersOf(histograms);
    if (pictures.length === 0 && layers.length === 0) return [];
    const place = element("div");
    const redraw = (depth: number): void => {
      const made = figure(
        {
          name: pictures.length ? "activation_raster" : "histograms",
          title: layers.length ? `Layer at depth ${depth}` : page.terms.title("activation_raster"),
          caption: captionOf(page, pictures, histograms),
          note: pictures[0] ? `The rasters show ${pictures[0].tap}: yellow is active, blue is not.` : "",
          legend: [],
          cells: cellsAt(depth, pictures, histograms),
        },
        page.highlight,
      );
      place.replaceChildren(made);
    };
    const start = pictures[0]?.depth ?? layers.at(-1)?.depth ?? 0;
    redraw(start);
    if (layers.length <= 1) return [place];
    const options = layers.map(({ depth, tap }) =>
      element("option", { value: String(depth) }, `${depth}  ${tap}`),
    );
    const select = element("select", {}, ...options);
    select.value = String(start);
    select.addEventListener("change", () => redraw(Number(select.value)));
    page.highlight.listen((depth) => {
      if (depth === null || !layers.some((layer) => layer.depth === depth)) return;
      select.value = String(depth);
      redraw(depth);
    });
    return [element("label", { class: "choice" }, "Histograms of the layer at depth ", select), place];
  },
};
