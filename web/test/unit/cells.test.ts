// SPDX-License-Identifier: Apache-2.0
import { expect, test } from "vitest";

import { stepsOf } from "../../src/charts/cells.ts";

function steps(values: readonly (readonly number[])[], edge: number): string[] {
  const columns = values[0]?.map((_, index) => String(index)) ?? [];
  const rows = values.map((_, index) => String(index));
  const valueAt = (column: string, row: string): number => values[Number(row)]?.[Number(column)] ?? NaN;
  return stepsOf(columns, rows, valueAt, edge).map(
    ({ column, row, upright }) => `${column} ${row} ${upright ? "right" : "above"}`,
  );
}

test("the edge runs between neighbours on its two sides", () => {
  expect(
    steps(
      [
        [0, 0, 1],
        [0, 1, 1],
      ],
      0.5,
    ),
  ).toEqual(["1 0 right", "1 0 above", "0 1 right"]);
  expect(steps([[1, 2, 3]], 5)).toEqual([]);
  expect(steps([[1, 2]], 2)).toEqual(["0 0 right"]);
});

test("a cell without a number has no side", () => {
  expect(steps([[0, NaN, 1]], 0.5)).toEqual([]);
  expect(steps([[0], [Infinity]], 0.5)).toEqual(["0 0 above"]);
});
