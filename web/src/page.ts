// SPDX-License-Identifier: Apache-2.0
// The page: its head, its views in the order they are read, and what acts on all of them.

import { grouped } from "./cases.ts";
import { element } from "./element.ts";
import { Highlight } from "./highlight.ts";
import type { Reading, Results } from "./records.ts";
import { schemeButton } from "./scheme.ts";
import type { Terms } from "./terms.ts";
import { autocorrelation } from "./views/autocorrelation.ts";
import { claims } from "./views/claims.ts";
import { context } from "./views/context.ts";
import { coverage } from "./views/coverage.ts";
import { effectiveDepth } from "./views/effective_depth.ts";
import { graph } from "./views/graph.ts";
import { numbers } from "./views/numbers.ts";
import { otherCurves } from "./views/other_curves.ts";
import { profiles } from "./views/profiles.ts";
import { rasters } from "./views/rasters.ts";
import { sweep } from "./views/sweep.ts";
import { traces } from "./views/traces.ts";
import { training } from "./views/training.ts";
import { undefinedReadings } from "./views/undefined.ts";
import { verdict } from "./views/verdict.ts";
import type { View } from "./views/view.ts";

/** Every view, in the order they are read, and in which they are asked for readings. No other list of them exists. */
const VIEWS: readonly View[] = [
  verdict,
  sweep,
  training,
  effectiveDepth,
  traces,
  autocorrelation,
  profiles,
  graph,
  rasters,
  numbers,
  otherCurves,
  claims,
  undefinedReadings,
  coverage,
  context,
];

function text(results: Results, key: string): string {
  const value = results.context[key];
  return typeof value === "string" ? value : "";
}

function factsOf(results: Results): string[] {
  const { seeds, examples } = results.context;
  const initializer = text(results, "initializer");
  return [
    initializer ? `initial weights: ${initializer}` : "",
    typeof seeds === "number" && seeds > 1 ? `${seeds} draws` : "",
    text(results, "inputs")
      ? `inputs: ${text(results, "inputs")}`
      : typeof examples === "number" && examples > 0
        ? `${examples} examples`
        : "",
    text(results, "functional") ? `differentiated: ${text(results, "functional")}` : "",
  ].filter((fact) => fact);
}

function headOf(results: Results): HTMLElement {
  const title = text(results, "title") || text(results, "network") || "Results";
  const note = text(results, "note") || text(results, "know");
  return element(
    "header",
    {},
    element("p", { class: "name" }, "Shatterproof report"),
    element("h1", {}, title),
    text(results, "title")
      ? element(
          "p",
          { class: "facts" },
          [text(results, "network"), text(results, "reference")].filter((part) => part).join(" · "),
        )
      : element("p", { class: "facts" }, factsOf(results).join(" · ")),
    note && element("p", { class: "note" }, note),
  );
}

function layerChoice(results: Results, highlight: Highlight): HTMLElement | null {
  const places = new Map<number, string>();
  for (const { type, xName, x, labels } of results.readings) {
    if (type === "curve" && xName === "depth")
      x.forEach((depth, k) => places.set(depth, places.get(depth) ?? labels[k] ?? ""));
  }
  if (places.size < 2) return null;
  const sorted = [...places].sort(([a], [b]) => a - b);
  const options = sorted.map(([depth, label]) =>
    element("option", { value: String(depth) }, `${depth}  ${label}`),
  );
  const select = element("select", {}, element("option", { value: "" }, "none"), ...options);
  select.addEventListener("change", () =>
    highlight.choose(select.value === "" ? null : Number(select.value)),
  );
  highlight.listen((depth) => (select.value = depth === null ? "" : String(depth)));
  return element("label", {}, "Marked layer ", select);
}

/** Every reading with the view that draws it. One without a number has a view of its own, whatever it is called. */
export function claimedReadings(readings: readonly Reading[]): Map<View, Reading[]> {
  return grouped(readings, (reading) =>
    reading.reason ? undefinedReadings : (VIEWS.find((view) => view.claims?.(reading)) ?? otherCurves),
  );
}

export function pageOf(results: Results, terms: Terms): Node[] {
  const highlight = new Highlight();
  const claimed = claimedReadings(results.readings);
  const sections = VIEWS.flatMap((view) => {
    const content = view.content({ results, terms, highlight }, claimed.get(view) ?? []);
    return content.length > 0
      ? [element("section", { id: view.id }, element("h2", {}, view.title), ...content)]
      : [];
  });
  const links = sections.map(({ id }) => {
    const title = VIEWS.find((view) => view.id === id)?.title ?? id;
    return element("li", {}, element("a", { href: `#${id}` }, title));
  });
  document.title = `${text(results, "title") || text(results, "network") || "Results"} - Shatterproof`;
  const bar = element(
    "div",
    { class: "bar" },
    element("nav", { "aria-label": "Parts of this report" }, element("ul", {}, ...links)),
    layerChoice(results, highlight),
    schemeButton(),
  );
  return [headOf(results), bar, element("main", {}, ...sections)];
}
