// SPDX-License-Identifier: Apache-2.0
import { expect, test } from "vitest";

import { findRuns } from "../../src/graph/fold.ts";
import { layout } from "../../src/graph/layout.ts";
import { nodeValues, part } from "../../src/graph/values.ts";
import type { Graph, GraphNode, Reading } from "../../src/records.ts";
import { parseResults } from "../../src/results.ts";

function chain(operators: readonly string[]): Graph {
  const nodes = operators.map((operator, index): GraphNode => ({
    name: `n${index}`,
    operator,
    depth: index,
    layer: 0,
    taps: [`n${index}`],
  }));
  const edges = nodes.slice(1).map((_, index) => ({ from: index, to: index + 1, skip: false }));
  return { caseName: "", nodes, edges };
}

function blocks(count: number): Graph {
  return chain([
    "Input",
    "Gemm",
    ...Array.from({ length: count }, () => ["Norm", "Relu", "Gemm"]).flat(),
    "Softmax",
  ]);
}

test("repeated blocks are found with their period", () => {
  // The first node after the input reads from as far back as every later one, so that the run begins with it.
  expect(findRuns(blocks(48))).toEqual([{ first: 1, period: 3, count: 48 }]);
  expect(findRuns(chain(["Input", "A", "B", "C"]))).toEqual([]);
});

test("blocks that read from elsewhere are not alike", () => {
  const graph = blocks(3);
  const edges = [...graph.edges, { from: 0, to: 6, skip: true }];
  expect(findRuns({ ...graph, edges }).every(({ count }) => count < 3)).toBe(true);
});

test("folded or not, every node is drawn once", () => {
  const graph = blocks(10);
  const runs = findRuns(graph);
  for (const folded of [runs, []]) {
    const { boxes, arrows } = layout(graph, folded);
    expect(boxes.flatMap(({ members }) => members)).toEqual(graph.nodes.map((_, index) => index));
    expect(arrows).toHaveLength(boxes.length - 1);
    const heights = boxes.map(({ y }) => y);
    expect([...heights].sort((a, b) => a - b)).toEqual(heights);
  }
});

test("a reading colours the nodes whose taps it names", () => {
  const graph = chain(["Input", "Gemm", "Relu"]);
  const { readings } = parseResults(
    '{"kind":"context","schema":1}\n{"kind":"reading","name":"a","type":"curve","x_name":"depth","x":[0,1],"x_labels":["n0","n2"],"y":[1,1000]}',
  );
  const [values] = nodeValues(graph, readings);
  expect(values?.values).toEqual([1, NaN, 1000]);
  expect(values && [1, 1000, 31.6227766].map((value) => part(value, values))).toEqual([
    0,
    1,
    expect.closeTo(0.5, 6),
  ]);
  const other: Reading[] = readings.map((reading) => ({ ...reading, labels: [] }));
  expect(nodeValues(graph, other)).toEqual([]);
});

test("a graph without a node has an extent", () => {
  const { width, height } = layout({ caseName: "", nodes: [], edges: [] }, []);
  expect([width, height]).toEqual([0, 0]);
});
