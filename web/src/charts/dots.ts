// SPDX-License-Identifier: Apache-2.0
// One number of each of several networks, side by side.

import * as Plot from "@observablehq/plot";

import type { Panel } from "../figure.ts";
import { shown, withError } from "../number.ts";
import { domainOf, logarithmicDomainOf, powersWithin } from "./domain.ts";
import { draw, TIP, type Drawing } from "./drawing.ts";

export interface Dot {
  readonly label: string;
  readonly value: number;
  readonly error: number | null;
  readonly bound: string;
  readonly theories: readonly { readonly name: string; readonly value: number }[];
}

interface TheoryTick {
  readonly label: string;
  readonly name: string;
  readonly value: number;
}

const ROW = 20;

export function dotsPanel(title: string, xName: string, dots: readonly Dot[]): Panel {
  const finite = dots.filter(({ value }) => Number.isFinite(value));
  const ticks: TheoryTick[] = finite.flatMap(({ label, theories }) =>
    theories.map((theory) => ({ label, ...theory })),
  );
  const missing = dots.length - finite.length;
  const keptOn = (logarithmic: boolean): Dot[] => finite.filter(({ value }) => !logarithmic || value > 0);
  const height = (logarithmic: boolean): number => keptOn(logarithmic).length * ROW + 44;
  return {
    title,
    ...(missing ? { remark: `${missing} of ${dots.length} numbers are not finite and not drawn` } : {}),
    rows: () =>
      dots.flatMap(({ label, value, error, theories }) => [
        { case: label, from: "measured", [xName]: value, standard_error: error },
        ...theories.map((theory) => ({
          case: label,
          from: theory.name,
          [xName]: theory.value,
          standard_error: null,
        })),
      ]),
    height: (_, logarithmic) => height(logarithmic),
    draw(width: number, logarithmic: boolean): Drawing {
      const longest = Math.max(4, ...finite.map(({ label }) => label.length));
      const left = Math.min(longest * 6 + 12, Math.round(width * 0.46));
      const letters = Math.floor((left - 12) / 6);
      const shortened = (label: string): string =>
        label.length > letters ? `${label.slice(0, letters - 1)}…` : label;
      const kept = keptOn(logarithmic);
      // On a logarithmic axis an interval that reaches zero ends a decade below its value.
      const low = ({ value, error }: Dot): number =>
        logarithmic && value <= (error ?? 0) ? value / 10 : value - (error ?? 0);
      const high = ({ value, error }: Dot): number => value + (error ?? 0);
      const drawnTicks = ticks.filter(({ value }) => !logarithmic || value > 0);
      const ends = [...kept.flatMap((dot) => [low(dot), high(dot)]), ...drawnTicks.map(({ value }) => value)];
      const domain = logarithmic ? logarithmicDomainOf(ends, []) : domainOf(ends);
      const powers = logarithmic && domain ? powersWithin(domain) : undefined;
      const text = ({ label, value, error, bound }: Dot): string =>
        `${label}\nmeasured ${withError(value, error, bound)}`;
      return draw({
        width,
        height: height(logarithmic),
        marginLeft: left,
        marginRight: 14,
        marginTop: 6,
        marginBottom: 34,
        ariaLabel: `${xName} of ${dots.length} cases`,
        x: {
          label: xName,
          type: logarithmic ? "log" : "linear",
          ticks: powers ?? 5,
          grid: true,
          labelArrow: "none",
          tickFormat: (value: number) => shown(value),
          ...(domain ? { domain: [...domain] } : {}),
        },
        y: { domain: kept.map(({ label }) => label), label: null, tickFormat: shortened, tickSize: 0 },
        marks: [
          Plot.tickX(drawnTicks, {
            x: "value",
            y: "label",
            stroke: "var(--theory)",
            strokeWidth: 2,
            insetTop: 3,
            insetBottom: 3,
          }),
          Plot.ruleY(kept, { y: "label", x1: low, x2: high, stroke: "var(--hue-0)" }),
          Plot.dot(kept, { x: "value", y: "label", fill: "var(--hue-0)", r: 3.5 }),
          Plot.tip(
            drawnTicks,
            Plot.pointer({
              x: "value",
              y: "label",
              title: (tick: TheoryTick) => `${tick.label}\n${tick.name} ${shown(tick.value)}`,
              ...TIP,
            }),
          ),
          Plot.tip(kept, Plot.pointer({ x: "value", y: "label", title: text, ...TIP })),
        ],
      });
    },
  };
}
