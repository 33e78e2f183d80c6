// SPDX-License-Identifier: Apache-2.0
import { expect, test } from "vitest";

import { concerns, queryOf, stateOf, type Control } from "../../src/laboratory/state.ts";

const NUMBER = { words: [], meaning: "", only: [] } as const;
const CONTROLS: readonly Control[] = [
  {
    ...NUMBER,
    name: "family",
    label: "Family",
    otherwise: "feedforward",
    words: ["feedforward", "residual", "white_noise"],
    least: 0,
    most: 0,
    step: 1,
  },
  { ...NUMBER, name: "depth", label: "Depth", otherwise: "50", least: 1, most: 200, step: 1 },
  { ...NUMBER, name: "width", label: "Width", otherwise: "200", least: 8, most: 512, step: 8 },
  {
    ...NUMBER,
    name: "beta",
    label: "Beta",
    otherwise: "1",
    least: 0,
    most: 2,
    step: 0.01,
    only: ["residual"],
  },
];

function read(query: string, name: string): string | undefined {
  return stateOf(CONTROLS, query).get(name);
}

test("controls of whole numbers take whole numbers only", () => {
  expect(read("depth=24", "depth")).toBe("24");
  expect(read("width=100", "width")).toBe("100");
  for (const wrong of ["2.5", "1e-1", "Infinity", "NaN", "", "0", "201", "3x"])
    expect(read(`depth=${wrong}`, "depth"), wrong).toBe("50");
  expect(read("depth=24.0", "depth")).toBe("24");
  expect(read("depth=1e2", "depth")).toBe("100");
  expect(read("beta=0.25", "beta")).toBe("0.25");
});

test("an address says what differs and says something of the family", () => {
  const state = stateOf(CONTROLS, "family=residual&depth=24&beta=0.5");
  expect(queryOf(CONTROLS, state)).toBe("family=residual&depth=24&beta=0.5");
  const other = new Map(state).set("family", "feedforward");
  expect(queryOf(CONTROLS, other)).toBe("depth=24");
  expect(CONTROLS.map((control) => concerns(control, other))).toEqual([true, true, true, false]);
});
