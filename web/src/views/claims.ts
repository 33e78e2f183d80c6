// SPDX-License-Identifier: Apache-2.0

import { element, table } from "../element.ts";
import { shown, withError } from "../number.ts";
import type { Claim } from "../records.ts";
import type { Page, View } from "./view.ts";

const PROVENANCE: Readonly<Record<string, string>> = {
  P: "printed in the paper",
  W: "the paper's words or plots",
  A: "the authors' code",
  D: "derived",
  M: "measured independently",
  C: "a check of our own numbers",
  R: "reported by others",
};

/** A claim's deviation beside what it may be, as a bar: the middle is what is expected, the ends the tolerance. */
function deviation({ measured, expected, tolerance, logarithmic, pass }: Claim): Node | string {
  const difference = logarithmic ? Math.log(measured / expected) : measured - expected;
  if (!(tolerance > 0) || !Number.isFinite(difference)) return "";
  const part = Math.min(1.25, Math.max(-1.25, difference / tolerance));
  const bar = element("span", {
    class: pass ? "deviation" : "deviation failed",
    title: `${shown(part, 2)} of the tolerance`,
  });
  bar.append(element("span", { style: `left: ${50 + part * 40}%` }));
  return bar;
}

function mark(pass: boolean): HTMLElement {
  return pass
    ? element("span", { class: "holds" }, "✓ holds")
    : element("strong", { class: "fails" }, "✕ fails");
}

/** "0.05", or "× 1.2" where a factor is judged. */
function allowed({ tolerance, logarithmic }: Claim): string {
  if (!(tolerance > 0)) return "";
  return logarithmic ? `× ${shown(Math.exp(tolerance), 3)}` : shown(tolerance, 2);
}

export const claims: View = {
  id: "claims",
  title: "Claims",
  content({ results }: Page): Node[] {
    if (results.claims.length === 0) return [];
    // What fails is read first.
    const sorted = [...results.claims].sort((a, b) => Number(a.pass) - Number(b.pass));
    const rows = sorted.map((claim) => [
      mark(claim.pass),
      claim.caseName ? `${claim.caseName}: ${claim.sentence}` : claim.sentence,
      withError(claim.measured, claim.measuredError),
      withError(claim.expected, claim.expectedError),
      allowed(claim),
      deviation(claim),
      PROVENANCE[claim.provenance] ?? claim.provenance,
    ]);
    const head = ["", "claim", "measured", "expected", "tolerance", "deviation", "expected from"];
    return [table(head, rows, "Claims of the study, judged", 100)];
  },
};
