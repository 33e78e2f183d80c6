// SPDX-License-Identifier: Apache-2.0

import { caseNames, grouped, renamed } from "../cases.ts";
import { endsOf } from "../charts/domain.ts";
import { element } from "../element.ts";
import type { Reading } from "../records.ts";
import { curvesFigure, drawsNote, shareOnePanel } from "./curves.ts";
import type { Page, View } from "./view.ts";

// Shares of a layer's units that belong into one picture, where there is one network.
const SHARES: Readonly<Record<string, string>> = {
  bimodality_always: "on all inputs",
  bimodality_never: "on none",
  bimodality_balanced: "on 40 % to 60 % of them",
};
const SHARES_OF = "bimodality";
const SHARES_NAME = `${SHARES_OF}_shares`;

function withShares(readings: readonly Reading[]): Reading[] {
  if (caseNames(readings).length > 1) return [...readings];
  return readings.map((reading) => {
    const share = SHARES[reading.name];
    return share ? { ...renamed(reading, share), name: SHARES_NAME } : reading;
  });
}

export const profiles: View = {
  id: "profiles",
  title: "From the input to the output",
  claims: ({ type, xName }) => type === "curve" && xName === "depth",
  content(page: Page, readings: readonly Reading[]): Node[] {
    if (readings.length === 0) return [];
    const together = shareOnePanel(readings);
    const place = (name: string): number => page.terms.place(name === SHARES_NAME ? SHARES_OF : name);
    const names = [...grouped(withShares(readings), ({ name }) => name)].sort(
      ([a], [b]) => place(a) - place(b),
    );
    const xDomain = endsOf(readings.flatMap(({ x }) => x));
    const figures = names.map(([name, own]) =>
      curvesFigure(
        {
          name,
          readings: own,
          ...(together && xDomain ? { xDomain } : {}),
          ...(name === SHARES_NAME
            ? {
                title: "How many units are active",
                caption: "Fraction of a layer's units that are active ...",
              }
            : {}),
          drawsSaid: true,
          height: together ? 170 : 200,
        },
        page,
      ),
    );
    const hint =
      "Depth counts nonlinearities: the input is on the left, the output on the right. Click a point to mark its layer everywhere.";
    const draws = drawsNote(readings);
    return [
      element("p", { class: "hint" }, `${hint} ${draws}`),
      element("div", { class: together ? "multiples" : "" }, ...figures),
    ];
  },
};
