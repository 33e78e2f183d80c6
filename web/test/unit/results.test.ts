// SPDX-License-Identifier: Apache-2.0
import { expect, test } from "vitest";

import { againstGrade, families, grades } from "../../src/cases.ts";
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
  expect(() => parseResults('{"kind":"context","schema":3}')).toThrow("schema 2");
  expect(() => parsed('{"kind":"rea')).toThrow("line 2: every line must be one JSON object");
  expect(() => parsed("[1]")).toThrow("line 2");
});

test("cases that differ in a coordinate are one family, whatever it is called", () => {
  const cases = [
    ["residual, width 200", ',"at":{"width":200}'],
    ["residual, width 20", ',"at":{"width":20}'],
    ["plain, depth 2", ""],
  ] as const;
  const { readings } = parsed(
    ...cases.map(([name, at]) => `{"kind":"case","name":"${name}","network":"n","seeds":1${at}}`),
    ...cases.map(
      ([name], index) =>
        `{"kind":"reading","case":"${name}","name":"a","type":"scalar","value":${index + 1},"n":1}`,
    ),
  );
  expect(families(readings)).toEqual(["residual", "plain"]);
  expect(grades(readings)).toEqual([
    { name: "depth", at: 2 },
    { name: "width", at: 20 },
    { name: "width", at: 200 },
  ]);
  const [curve] = againstGrade(readings);
  expect(curve).toMatchObject({ caseName: "residual", xName: "width", x: [20, 200], y: [2, 1] });
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

test("makes curves of epochs, for each draw its own, leaving out what was not measured", () => {
  const epoch = (caseName: string, number: number, rest: string): string =>
    `{"kind":"epoch","case":"${caseName}","epoch":${number},"train_loss":2,"train_accuracy":0.5,"learning_rate":0.1,"images_per_second":9${rest}}`;
  const { readings, remarks } = parsed(
    epoch("seed 1", 1, ""),
    epoch("seed 2", 1, ""),
    epoch("seed 1", 2, ',"test_loss":1.5'),
    '{"kind":"epoch","case":"seed 1","epoch":3,"train_loss":null,"non_finite":"nan"}',
  );
  expect(remarks).toEqual([]);
  const of = (caseName: string, name: string): unknown =>
    readings.filter((one) => one.caseName === caseName && one.name === name).map(({ x, y }) => [x, y]);
  expect(of("seed 1", "train_loss")).toEqual([
    [
      [1, 2, 3],
      [2, 2, NaN],
    ],
  ]);
  expect(of("seed 1", "test_loss")).toEqual([[[2], [1.5]]]);
  expect(of("seed 2", "test_loss")).toEqual([]);
  expect(readings.every(({ xName }) => xName === "epoch")).toBe(true);
});

test("knows whose claim it is and whether a factor is judged", () => {
  const { claims } = parsed(
    '{"kind":"claim","study":"s","case":"relu","claim":"c","measured":2,"expected":1,"tolerance":0.7,"scale":"log","provenance":"M","pass":true}',
  );
  expect(claims[0]).toMatchObject({ caseName: "relu", logarithmic: true });
});

test("knows the networks of a study and which means are geometric", () => {
  const { cases, readings } = parsed(
    '{"kind":"case","name":"selu","network":"feedforward:preset=selu","inputs":"gaussian:1000","seeds":6}',
    '{"kind":"reading","case":"selu","name":"a","type":"scalar","value":2,"n":6,"mean":"geometric"}',
    '{"kind":"reading","case":"selu","name":"b","type":"scalar","value":2,"n":6}',
  );
  expect(cases).toMatchObject([
    { name: "selu", network: "feedforward:preset=selu", seeds: 6, batchNorm: "" },
  ]);
  expect(readings.map(({ geometric }) => geometric)).toEqual([true, false]);
});
