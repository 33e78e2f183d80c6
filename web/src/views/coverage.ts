// SPDX-License-Identifier: Apache-2.0

import { element, table } from "../element.ts";
import type { Coverage } from "../records.ts";
import type { Page, View } from "./view.ts";

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

export const coverage: View = {
  id: "coverage",
  title: "What was looked at",
  content({ results }: Page): Node[] {
    const rows = results.coverage.flatMap(linesOf);
    const made: Node[] =
      rows.length > 0 ? [table(["network", "measured", "note"], rows, "Coverage", 20)] : [];
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
