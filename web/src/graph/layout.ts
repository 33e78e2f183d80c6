// SPDX-License-Identifier: Apache-2.0

import dagre from "@dagrejs/dagre";

import type { Graph } from "../records.ts";
import type { Run } from "./fold.ts";

/** A node as it is drawn: one of the network's, or a run of repeated blocks that stands for many. */
export interface Box {
  readonly members: readonly number[];
  readonly run: Run | null;
  x: number;
  y: number;
  width: number;
  height: number;
}

export interface Arrow {
  readonly points: readonly { readonly x: number; readonly y: number }[];
  readonly skip: boolean;
}

export interface Layout {
  readonly boxes: Box[];
  readonly arrows: Arrow[];
  readonly width: number;
  readonly height: number;
}

const NODE = { width: 190, height: 34 };
const FOLDED = { width: 230, height: 62 };

function boxesOf(graph: Graph, folded: readonly Run[]): Box[] {
  const boxes: Box[] = [];
  let next = 0;
  while (next < graph.nodes.length) {
    const run = folded.find(({ first }) => first === next) ?? null;
    const size = run ? run.period * run.count : 1;
    const members = Array.from({ length: size }, (_, k) => next + k);
    boxes.push({ members, run, x: 0, y: 0, ...(run ? FOLDED : NODE) });
    next += size;
  }
  return boxes;
}

/** Places the nodes from the top down, with the given runs folded. */
export function layout(graph: Graph, folded: readonly Run[]): Layout {
  const boxes = boxesOf(graph, folded);
  const owner = new Map(boxes.flatMap((box, index) => box.members.map((member) => [member, index] as const)));
  const drawing = new dagre.graphlib.Graph({ multigraph: false });
  drawing.setGraph({
    rankdir: "TB",
    ranker: "longest-path",
    nodesep: 24,
    ranksep: 22,
    marginx: 12,
    marginy: 12,
  });
  drawing.setDefaultEdgeLabel(() => ({}));
  boxes.forEach(({ width, height }, index) => drawing.setNode(String(index), { width, height }));
  for (const { from, to, skip } of graph.edges) {
    const [a, b] = [owner.get(from), owner.get(to)];
    if (a === undefined || b === undefined || a === b) continue;
    const known = drawing.edge(String(a), String(b)) as { skip?: boolean } | undefined;
    drawing.setEdge(String(a), String(b), { skip: skip || (known?.skip ?? false) });
  }
  dagre.layout(drawing);
  boxes.forEach((box, index) => {
    const { x, y } = drawing.node(String(index));
    box.x = x;
    box.y = y;
  });
  const arrows = drawing.edges().map((edge) => {
    const { points, skip } = drawing.edge(edge) as unknown as Arrow;
    return { points, skip };
  });
  const { width = 0, height = 0 } = drawing.graph();
  // Of nothing the extent is -Infinity.
  return { boxes, arrows, width: Math.max(0, width), height: Math.max(0, height) };
}
