// SPDX-License-Identifier: Apache-2.0

import * as Plot from "@observablehq/plot";

import type { Panel } from "../figure.ts";
import { shown, withError } from "../number.ts";
import { draw, TIP, type Drawing } from "./drawing.ts";

const HEIGHT = 150;

export interface BarsContent {
  readonly title: string;
  readonly xName: string;
  readonly yName: string;
  /** One more than values. */
  readonly edges: readonly number[];
  readonly values: readonly number[];
  readonly errors: readonly number[];
  readonly color: string;
  readonly most?: number;
}

interface Bar {
  readonly index: number;
  readonly from: number;
  readonly to: number;
  readonly value: number;
  readonly error: number | null;
}

function barsOf({ edges, values, errors }: BarsContent): Bar[] {
  return values.map((value, index) => ({
    index,
    from: edges[index] ?? 0,
    to: edges[index + 1] ?? 0,
    value,
    error: errors[index] ?? null,
  }));
}

/** A histogram. Bins that double in width are drawn equally wide, with their edges written under them. */
export function barsPanel(content: BarsContent): Panel {
  const { title, xName, yName, edges, color, most } = content;
  const bars = barsOf(content);
  const first = bars[0];
  const last = bars.at(-1);
  const doubling = first && last ? last.to - last.from > 3 * (first.to - first.from) : false;
  return {
    title,
    rows: () =>
      bars.map(({ from, to, value, error }) => ({
        panel: title,
        from,
        to,
        [yName]: value,
        standard_error: error,
      })),
    height: () => HEIGHT,
    draw(width: number): Drawing {
      const ends = doubling ? { x1: "index", x2: (bar: Bar) => bar.index + 1 } : { x1: "from", x2: "to" };
      const label = ({ from, to, value, error }: Bar): string =>
        `${xName} ${shown(from)} to ${shown(to)}\n${withError(value, error)}`;
      const middle = doubling
        ? (bar: Bar): number => bar.index + 0.5
        : (bar: Bar): number => (bar.from + bar.to) / 2;
      return draw({
        width,
        height: HEIGHT,
        marginLeft: 46,
        marginRight: 12,
        marginTop: 10,
        marginBottom: 34,
        ariaLabel: `${yName} against ${xName}: ${title}`,
        x: {
          label: xName,
          labelArrow: "none",
          ...(doubling
            ? {
                domain: [0, bars.length],
                ticks: bars.map(({ index }) => index),
                tickFormat: (k: number) => shown(edges[k] ?? 0),
              }
            : { ticks: 5 }),
        },
        y: { label: null, ticks: 3, grid: true, ...(most ? { domain: [0, most] } : {}) },
        marks: [
          Plot.rectY(bars, { ...ends, y: "value", fill: color, insetLeft: 0.5, insetRight: 0.5 }),
          Plot.ruleY([0], { stroke: "var(--line)" }),
          Plot.tip(bars, Plot.pointerX({ x: middle, y: "value", title: label, ...TIP })),
        ],
      });
    },
  };
}
