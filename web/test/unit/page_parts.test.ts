// SPDX-License-Identifier: Apache-2.0
import { expect, test } from "vitest";

import { placeByName } from "../../src/cases.ts";
import { domainOf, logarithmicDomainOf, powersWithin } from "../../src/charts/domain.ts";
import { csv } from "../../src/download.ts";
import { shown, spansDecades, withError } from "../../src/number.ts";
import { ramp } from "../../src/palette.ts";
import { Terms } from "../../src/terms.ts";

test("numbers are short and never zeros to count", () => {
  expect([0, 1, 0.123456, 12345, 123456, 0.00012345, -2.5e-9].map((value) => shown(value))).toEqual([
    "0",
    "1",
    "0.123",
    "12345",
    "1.23e5",
    "1.23e-4",
    "-2.5e-9",
  ]);
  expect([NaN, Infinity, -Infinity].map((value) => shown(value))).toEqual([
    "not a number",
    "infinite",
    "minus infinite",
  ]);
  expect(withError(0.00390625, 0, "<")).toBe("< 0.00391");
  expect(withError(0.5, 0.0123)).toBe("0.5 ± 0.012");
});

test("a logarithmic axis is for positive values over two decades", () => {
  expect(spansDecades([1, 101])).toBe(true);
  expect(spansDecades([1, 99])).toBe(false);
  expect(spansDecades([0, 1000])).toBe(false);
});

test("the name of a case says where it stands, where nothing else does", () => {
  const deep = { family: "residual, batch norm", grade: { name: "depth", at: 24 }, coordinates: [] };
  expect(placeByName("residual, batch norm, depth 24")).toEqual(deep);
  expect(placeByName("step 16")).toEqual({ family: "", grade: { name: "step", at: 16 }, coordinates: [] });
  expect(placeByName("footstep 16")).toEqual({ family: "footstep 16", grade: null, coordinates: [] });
});

test("CSV holds numbers in full and quotes names", () => {
  expect(
    csv([
      { case: 'a, "b"', value: 0.1 + 0.2 },
      { case: "=SUM(A1)", value: null },
    ]),
  ).toBe('case,value\n"a, ""b""",0.30000000000000004\n\'=SUM(A1),\n');
});

test("a domain holds its values, and nearly constant ones look constant", () => {
  expect(domainOf([])).toBeUndefined();
  expect(domainOf([0.2, 1])?.[0]).toBe(0);
  const [low, high] = domainOf([1, 1.0001]) ?? [0, 0];
  expect(high - low).toBeGreaterThan(0.09);
});

test("theory far away from what was measured does not squeeze it", () => {
  const [low = 0, high = 0] = logarithmicDomainOf([1, 1000], [1e-30, 2]) ?? [];
  expect(low).toBeGreaterThan(0.03);
  expect(low).toBeLessThan(0.1);
  expect(high).toBeLessThan(2000);
  expect(logarithmicDomainOf([-1, 0], [])).toBeUndefined();
});

test("a logarithmic axis is marked at powers of ten, few enough to be read", () => {
  expect(powersWithin([0.5, 2000])).toEqual([1, 10, 100, 1000]);
  expect(powersWithin([1e-150, 2])?.length).toBeLessThanOrEqual(6);
  expect(powersWithin([0.9, 20])).toBeUndefined();
});

test("the ramp grows lighter, so that grey print keeps the order", () => {
  const lightness = (part: number): number => {
    const [r = 0, g = 0, b = 0] = (ramp(part).match(/\d+/g) ?? []).map(Number);
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  for (let k = 1; k <= 20; k++) expect(lightness(k / 20)).toBeGreaterThan(lightness((k - 1) / 20));
});

test("terms come from the catalog, and what it does not know keeps its name", () => {
  const row =
    '{"name":"gradient_correlation","symbol":"R","sentence":"How much.","companions":[{"name":"gradient_correlation","sentence":"At one place."},{"name":"extra","sentence":"More."}]}';
  const terms = new Terms(`${row}\nno JSON\n`);
  expect(terms.title("gradient_correlation")).toBe("Gradient correlation  R");
  expect(terms.of("extra").sentence).toBe("More.");
  expect(terms.of("gradient_correlation").sentence).toBe("How much.");
  expect(terms.title("my_own_reading")).toBe("My own reading");
  const sorted = ["my_own_reading", "extra", "gradient_correlation"].sort(
    (a, b) => terms.place(a) - terms.place(b),
  );
  expect(sorted).toEqual(["gradient_correlation", "extra", "my_own_reading"]);
});
