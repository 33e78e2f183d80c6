// SPDX-License-Identifier: Apache-2.0
import { expect, test } from "vitest";

import { parseResults } from "../../src/results.ts";

const CONTEXT = '{"kind":"context","schema":1}';

function parsed(...lines: string[]): ReturnType<typeof parseResults> {
  return parseResults([CONTEXT, ...lines].join("\n"));
}

test("gives back the numbers that JSON does not have", () => {
  const { readings } = parsed(
    '{"kind":"reading","name":"a","type":"scalar","value":null,"non_finite":"-inf"}',
    '{"kind":"reading","name":"a","type":"curve","x_name":"x","x":[0,1,2],"y":[null,2,null],"non_finite":{"y":["inf","nan"]}}',
  );
  expect(readings[0]?.y).toEqual([-Infinity]);
  expect(readings[1]?.y).toEqual([Infinity, 2, NaN]);
});

test("ignores kinds and keys that it does not know", () => {
  const results = parsed(
    '{"kind":"sonnet","lines":14}',
    '{"kind":"reading","name":"a","type":"scalar","value":1,"colour":2}',
  );
  expect(results.readings).toHaveLength(1);
  expect(results.remarks).toEqual([]);
});

test("says which line cannot be shown, and shows the others", () => {
  const results = parsed(
    '{"kind":"reading","name":"a","type":"curve","x_name":"x","x":[0],"y":[1,2]}',
    '{"kind":"reading","name":"b","type":"scalar","value":1}',
  );
  expect(results.remarks).toEqual(["line 2: a has axes that do not fit its values"]);
  expect(results.readings.map(({ name }) => name)).toEqual(["b"]);
});

test("refuses what is no results file with one line", () => {
  expect(() => parseResults("")).toThrow("are empty");
  expect(() => parseResults('{"kind":"reading"}')).toThrow("line 1: the first line is the context");
  expect(() => parseResults('{"kind":"context","schema":2}')).toThrow("schema 1");
  expect(() => parsed('{"kind":"rea')).toThrow("line 2: every line must be one JSON object");
  expect(() => parsed("[1]")).toThrow("line 2");
});

test("keeps the reason of an undefined reading", () => {
  const { readings } = parsed(
    '{"kind":"reading","name":"a","type":"curve","undefined":"gradient is constant"}',
  );
  expect(readings[0]?.reason).toBe("gradient is constant");
});

test("refuses a graph whose edges lead nowhere", () => {
  const { graphs, remarks } = parsed('{"kind":"graph","nodes":[],"edges":[[0,1]],"skips":[]}');
  expect(graphs).toEqual([]);
  expect(remarks[0]).toContain("an edge leads to no node");
});
