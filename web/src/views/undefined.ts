// SPDX-License-Identifier: Apache-2.0

import { element, table } from "../element.ts";
import { sentence } from "../number.ts";
import type { Reading } from "../records.ts";
import type { Page, View } from "./view.ts";

export const undefinedReadings: View = {
  id: "undefined",
  title: "Without a number",
  content(_: Page, without: readonly Reading[]): Node[] {
    if (without.length === 0) return [];
    const rows = without.map(({ name, caseName, tap, reason }) => [
      sentence(name),
      [caseName, tap].filter((part) => part).join(" · "),
      reason,
    ]);
    return [
      element("p", { class: "hint" }, "These readings are not defined here; the reason is the result."),
      table(["what", "where", "why there is no number"], rows, "Readings that are undefined"),
    ];
  },
};
