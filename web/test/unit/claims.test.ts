// SPDX-License-Identifier: Apache-2.0
import { expect, test } from "vitest";

import { claimedReadings } from "../../src/page.ts";
import { parseResults } from "../../src/results.ts";

function reading(fields: string): string {
  return `{"kind":"reading",${fields}}`;
}

function curve(name: string, axis: string): string {
  return reading(`"name":"${name}","type":"curve","x_name":"${axis}","x":[0,1],"y":[1,2]`);
}

function scalar(name: string, caseName = ""): string {
  return reading(`"case":"${caseName}","name":"${name}","type":"scalar","value":1`);
}

function matrix(name: string): string {
  return reading(`"name":"${name}","type":"matrix","shape":[1,2],"values":[1,2]`);
}

test("readings of a sweep over two axes are the sweep's", () => {
  const { readings } = parseResults(
    [
      '{"kind":"context","schema":1}',
      '{"kind":"case","name":"norm batch, depth 2","network":"n","inputs":"i","at":{"depth":2},"choices":{"norm":"batch"}}',
      scalar("severity", "norm batch, depth 2"),
      reading('"case":"norm batch, depth 2","name":"a","type":"curve","x_name":"depth","x":[0],"y":[1]'),
      reading('"case":"norm batch, depth 2","name":"severity","type":"scalar","undefined":"no verdict"'),
    ].join("\n"),
  );
  const views = [...claimedReadings(readings)].map(([view, own]) => [view.id, own.length]);
  expect(views).toEqual([
    ["sweep", 2],
    ["undefined", 1],
  ]);
});

test("every reading is drawn by one view, and what none knows by the last", () => {
  const lines: readonly (readonly [string, string])[] = [
    [curve("gradient_correlation", "depth"), "profiles"],
    [curve("gradient_autocorrelation", "lag"), "autocorrelation"],
    [curve("train_loss", "epoch"), "training"],
    [scalar("gradient_correlation", "step 16"), "training"],
    [scalar("gradient_correlation", "residual, depth 10"), "numbers"],
    [scalar("effective_depth"), "effective_depth"],
    [curve("taylor_error", "remaining depth"), "effective_depth"],
    [curve("gradient_trace", "x"), "traces"],
    [matrix("gradient_covariance"), "traces"],
    [matrix("activation_raster"), "rasters"],
    [matrix("my_own_matrix"), "curves"],
    [curve("my_own_curve", "width"), "curves"],
    [reading('"name":"gradient_correlation","type":"curve","undefined":"no depth"'), "undefined"],
  ];
  for (const [line, view] of lines) {
    const { readings, remarks } = parseResults(`{"kind":"context","schema":1}\n${line}`);
    expect(remarks).toEqual([]);
    expect([...claimedReadings(readings).keys()].map(({ id }) => id)).toEqual([view]);
  }
});
