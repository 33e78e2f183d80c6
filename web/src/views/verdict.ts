// SPDX-License-Identifier: Apache-2.0
// The first thing to read: what is wrong, why, what to do, and the numbers it rests on.

import { element, table } from "../element.ts";
import { shown, withError, words } from "../number.ts";
import type { Claim, Evidence, Finding, Results } from "../records.ts";
import { curvesFigure } from "./curves.ts";
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

export function findingCard(finding: Finding, ...parts: Node[]): HTMLElement {
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
    ...parts,
  );
}

const PROOF_HEIGHT = 150;

/** The curve that a finding rests on, beside what is healthy: the first of its evidence that is one. */
function proofOf(finding: Finding, page: Page): HTMLElement | null {
  for (const { name, healthy, healthySide } of finding.evidence) {
    const readings = page.results.readings.filter(
      (reading) =>
        reading.name === name &&
        reading.type === "curve" &&
        reading.xName === "depth" &&
        reading.caseName === finding.caseName,
    );
    const places = readings.flatMap(({ x }) => x);
    if (places.length < 2) continue;
    const bound = healthy === null || !healthySide ? [] : [Math.min(...places), Math.max(...places)];
    return curvesFigure(
      {
        name,
        file: `proof_${name}`,
        readings,
        height: PROOF_HEIGHT,
        references: bound.length
          ? [
              {
                label: `healthy: ${healthySide === ">" ? "above" : "below"} ${shown(healthy ?? NaN)}`,
                points: bound.map((x) => ({ x, y: healthy ?? NaN })),
                dash: "4 3",
              },
            ]
          : [],
      },
      page,
    );
  }
  return null;
}

/** Findings that follow from another one, a line each, to be opened. */
function effectsOf(findings: readonly Finding[]): Node[] {
  if (findings.length === 0) return [];
  const items = findings.map((finding) =>
    element(
      "details",
      { class: "effect" },
      element("summary", {}, badge(finding.severity), " ", words(finding.id), ": ", finding.headline),
      finding.why && element("p", {}, element("strong", {}, "Why it hurts: "), finding.why),
      finding.evidence.length > 0 && evidenceTable(finding.evidence),
    ),
  );
  return [element("h4", {}, "What follows from it"), ...items];
}

/** Causes as cards, the first with the picture that proves it; what follows from one stands within its card. */
function cards(findings: readonly Finding[], page: Page): Node[] {
  const isEffect = ({ cause, caseName }: Finding): boolean =>
    findings.some((other) => other.id === cause && other.caseName === caseName && !other.cause);
  const causes = findings.filter((finding) => !isEffect(finding));
  return causes.map((finding, index) => {
    const proof = index === 0 ? proofOf(finding, page) : null;
    const effects = findings.filter(
      (other) => isEffect(other) && other.cause === finding.id && other.caseName === finding.caseName,
    );
    return findingCard(finding, ...(proof ? [proof] : []), ...effectsOf(effects));
  });
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
  content(page: Page): Node[] {
    const all = page.results;
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
      made.push(...cards(results.findings, page));
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
