// SPDX-License-Identifier: Apache-2.0

import { element, table } from "../element.ts";
import type { Coverage } from "../records.ts";
import type { Page, View } from "./view.ts";

/** Whether there is nothing to say but that every node was measured. */
function isWhole({ nodes, measured, approximated, skipped }: Coverage): boolean {
  return measured === nodes && approximated.length === 0 && skipped.length === 0;
}

function linesOf({ caseName, nodes, measured, approximated, skipped }: Coverage): (Node | string)[][] {
  const name = caseName || "this network";
  const notes = approximated.map((text) => [name, "approximated", text]);
  return [
    [name, `${measured} of ${nodes}`, measured === nodes ? "every node" : "nodes measured"],
    ...notes,
    ...skipped.map(({ node, reason }) => [
      name,
      "skipped",
      element("span", {}, element("code", {}, node), `: ${reason}`),
    ]),
  ];
}

function wholeText(whole: readonly Coverage[], others: number): string {
  const [only] = whole;
  if (whole.length === 1 && others === 0)
    return `All ${only?.nodes ?? 0} nodes of the network were measured, none approximated or skipped.`;
  return `Of ${whole.length} ${others > 0 ? "other " : ""}networks every node was measured, none approximated or skipped.`;
}

export const coverage: View = {
  id: "coverage",
  title: "What was looked at",
  content({ results }: Page): Node[] {
    const networks = results.coverage.filter((record) => record.nodes > 0 || !isWhole(record));
    const whole = networks.filter(isWhole);
    const rows = networks.filter((record) => !isWhole(record)).flatMap(linesOf);
    const made: Node[] =
      rows.length > 0 ? [table(["network", "measured", "note"], rows, "Coverage", 20)] : [];
    if (whole.length > 0) made.push(element("p", {}, wholeText(whole, networks.length - whole.length)));
    if (results.remarks.length > 0) {
      const items = results.remarks.slice(0, 20).map((remark) => element("li", {}, remark));
      made.push(
        element("p", {}, `${results.remarks.length} lines of the results file could not be shown:`),
        element("ul", {}, ...items),
      );
    }
    return made;
  },
};
