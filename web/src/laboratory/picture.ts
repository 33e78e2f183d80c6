// SPDX-License-Identifier: Apache-2.0
// What is drawn of an answer: the views of the report, those of it that speak of one network.

import { grouped } from "../cases.ts";
import { element } from "../element.ts";
import { drawAll } from "../figure.ts";
import { Highlight } from "../highlight.ts";
import { shown, withError, words } from "../number.ts";
import type { Reading, Results } from "../records.ts";
import { parseResults } from "../results.ts";
import type { Terms } from "../terms.ts";
import { autocorrelation } from "../views/autocorrelation.ts";
import { numbers } from "../views/numbers.ts";
import { otherCurves } from "../views/other_curves.ts";
import { profiles } from "../views/profiles.ts";
import { traces } from "../views/traces.ts";
import { training } from "../views/training.ts";
import { undefinedReadings } from "../views/undefined.ts";
import { verdict, verdictOf } from "../views/verdict.ts";
import type { View } from "../views/view.ts";
import type { Answer } from "./answers.ts";

/** Those that are drawn again while somebody drags, then those that wait. */
const QUICK: readonly View[] = [traces, autocorrelation];
const SLOW: readonly View[] = [verdict, training, numbers, profiles, otherCurves, undefinedReadings];
const KEY_NUMBERS = ["correlation_length", "spectral_slope", "gradient_growth"] as const;

function sectionsOf(views: readonly View[], results: Results, terms: Terms): HTMLElement[] {
  const all = [...QUICK, ...SLOW];
  const claimed = grouped(results.readings, (reading) =>
    reading.reason ? undefinedReadings : (all.find((view) => view.claims?.(reading)) ?? otherCurves),
  );
  const highlight = new Highlight();
  return views.flatMap((view) => {
    const content = view.content({ results, terms, highlight }, claimed.get(view) ?? []);
    return content.length > 0
      ? [element("section", { id: view.id }, element("h2", {}, view.title), ...content)]
      : [];
  });
}

function lastOf(results: Results, name: string): Reading | undefined {
  return results.readings.filter((reading) => reading.name === name && !reading.reason).at(-1);
}

/** The numbers to watch, each as a name and a text. */
export function keyNumbers(results: Results): [string, string][] {
  const made: [string, string][] = [];
  const curve = lastOf(results, "gradient_autocorrelation");
  if (curve?.y[1] !== undefined) made.push(["autocorrelation at lag 1", shown(curve.y[1])]);
  const scale = lastOf(results, "gradient_scale_coefficient");
  for (const name of KEY_NUMBERS) {
    const reading = lastOf(results, name);
    if (reading?.y[0] !== undefined) made.push([words(name), withError(reading.y[0], null, reading.bound)]);
  }
  if (scale?.y[0] !== undefined) made.push(["gradient scale at the first layer", shown(scale.y[0])]);
  const verdictWord = verdictOf(results);
  if (verdictWord) made.push(["verdict", verdictWord]);
  return made;
}

export class Picture {
  readonly quick = element("div", { class: "quick" });
  readonly slow = element("div", { class: "slow" });

  constructor(private readonly terms: Terms) {}

  /** Draws an answer, at once, so that nothing flickers; what a picture does not have stays, marked as outdated. */
  draw(answer: Answer): Results {
    const results = parseResults(answer.results);
    this.quick.replaceChildren(...sectionsOf(QUICK, results, this.terms));
    this.slow.classList.toggle("outdated", answer.detail === "picture");
    if (answer.detail === "whole") this.slow.replaceChildren(...sectionsOf(SLOW, results, this.terms));
    drawAll(this.quick);
    return results;
  }
}
