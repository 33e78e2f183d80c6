// SPDX-License-Identifier: Apache-2.0
// The first thing to read: what is wrong, why, what to do, and the numbers it rests on.

import { element, table } from "../element.ts";
import { shown, withError, words } from "../number.ts";
import type { Claim, Evidence, Finding, Results } from "../records.ts";
import type { Page, View } from "./view.ts";

const MARKS: Readonly<Record<string, string>> = {
  critical: "✕",
  watch: "!",
  healthy: "✓",
  info: "i",
  unknown: "?",
};

function badge(word: string, text = word): HTMLElement {
  return element(
    "span",
    { class: `badge ${word}` },
    element("span", { "aria-hidden": "true" }, `${MARKS[word] ?? ""} `),
    text,
  );
}

/** The worst severity, as the file says it or as its findings have it; nothing when nobody judged. */
export function verdictOf({ verdicts, findings }: Results): string {
  if (verdicts[0]) return verdicts[0].verdict;
  if (findings.some(({ severity }) => severity === "critical")) return "critical";
  if (findings.some(({ severity }) => severity === "watch")) return "watch";
  return findings.length > 0 ? "healthy" : "";
}

const MEANING: Readonly<Record<string, string>> = {
  critical: "This network was shown not to learn as it is; something has to change first.",
  watch: "This network may train badly; look at what is below before paying for it.",
  healthy: "Nothing that was measured speaks against training this network.",
  unknown: "Nothing was found, and whether the network learns was not seen: give the rehearsal more time.",
};

function healthyText({ healthy, healthySide }: Evidence): string {
  if (healthy === null) return "";
  return `${healthySide === ">" ? "above" : healthySide === "<" ? "below" : "near"} ${shown(healthy)}`;
}

function evidenceTable(evidence: readonly Evidence[]): HTMLElement {
  const rows = evidence.map((entry) => [
    words(entry.name) + (entry.tap ? ` at ${entry.tap}` : ""),
    withError(entry.value, entry.error, entry.bound),
    healthyText(entry),
    entry.theory === null ? "" : shown(entry.theory),
  ]);
  return table(["evidence", "measured", "healthy networks", "theory"], rows, "Evidence");
}

function layersText(layers: readonly [number, number]): string {
  return layers[0] === layers[1] ? `layer ${layers[0]}` : `layers ${layers[0]} to ${layers[1]}`;
}

export function findingCard(finding: Finding): HTMLElement {
  const place = [finding.caseName, finding.layers ? layersText(finding.layers) : "", finding.confidence];
  return element(
    "article",
    { class: `finding ${finding.severity}` },
    element("h3", {}, badge(finding.severity), " ", words(finding.id)),
    element("p", { class: "place" }, place.filter((part) => part).join(" · ")),
    finding.headline && element("p", { class: "headline" }, finding.headline),
    finding.why && element("p", {}, element("strong", {}, "Why it hurts: "), finding.why),
    finding.next && element("p", { class: "next" }, element("strong", {}, "What to do: "), finding.next),
    finding.evidence.length > 0 && evidenceTable(finding.evidence),
  );
}

function claimsSummary(claims: readonly Claim[]): HTMLElement {
  const held = claims.filter(({ pass }) => pass).length;
  const word = held === claims.length ? "healthy" : "critical";
  return element(
    "p",
    { class: "summary" },
    badge(word, `${held} of ${claims.length} claims hold`),
    " What must come out was written down before the run; each claim is judged ",
    element("a", { href: "#claims" }, "in the table"),
    ".",
  );
}

export const verdict: View = {
  id: "verdict",
  title: "Verdict",
  content({ results: all }: Page): Node[] {
    // What was found in the cases of a sweep stands where they are.
    const swept = new Set(
      all.cases.filter(({ place }) => place.coordinates.length > 1).map(({ name }) => name),
    );
    const results = { ...all, findings: all.findings.filter(({ caseName }) => !swept.has(caseName)) };
    const word = verdictOf(results);
    const made: Node[] = [];
    if (word) {
      made.push(
        element("p", { class: "summary" }, badge(word, word.toUpperCase()), ` ${MEANING[word] ?? ""}`),
      );
      made.push(...results.findings.map(findingCard));
    }
    const healthy = results.verdicts.flatMap((record) => record.healthy);
    if (healthy.length > 0) {
      const items = healthy.map((text) =>
        element("li", {}, element("span", { "aria-hidden": "true" }, "✓ "), text),
      );
      made.push(element("h3", {}, "Found fine"), element("ul", { class: "fine" }, ...items));
    }
    if (results.claims.length > 0) made.push(claimsSummary(results.claims));
    return made;
  },
};
