// SPDX-License-Identifier: Apache-2.0
// Numbers of a sweep as colours, one cell for each combination of two axes, with the line where they cross a value.

import * as Plot from "@observablehq/plot";

import { drawn } from "../element.ts";
import type { Panel } from "../figure.ts";
import { shown } from "../number.ts";
import { inkOn, ramp, REFERENCE } from "../palette.ts";
import { draw, type Drawing } from "./drawing.ts";

export interface Cell {
  readonly column: string;
  readonly row: string;
  readonly value: number;
  readonly theory: number;
  readonly caseName: string;
}

export interface CellsContent {
  readonly title: string;
  readonly columnName: string;
  readonly rowName: string;
  readonly columns: readonly string[];
  /** The first one at the bottom. */
  readonly rows: readonly string[];
  readonly cells: readonly Cell[];
  readonly domain: readonly [number, number];
  readonly logarithmic: boolean;
  /** The value whose two sides a line separates. */
  readonly edge: number;
  choose(caseName: string): void;
}

const MARGIN = { left: 58, right: 12, top: 8, bottom: 44 };
const ROOM_FOR_NUMBERS = { width: 42, height: 18 };

/** The side of the edge on which a value lies; none for what is no number. */
function sideOf(value: number, edge: number): boolean | null {
  return Number.isNaN(value) ? null : value >= edge;
}

export interface Step {
  readonly column: number;
  readonly row: number;
  /** Between the cell and its right neighbour, or between it and the one above. */
  readonly upright: boolean;
}

/** Where neighbouring cells lie on different sides of the edge. */
export function stepsOf(
  columns: readonly string[],
  rows: readonly string[],
  valueAt: (column: string, row: string) => number,
  edge: number,
): Step[] {
  const side = (column: number, row: number): boolean | null =>
    sideOf(valueAt(columns[column] ?? "", rows[row] ?? ""), edge);
  const steps: Step[] = [];
  for (let row = 0; row < rows.length; row++) {
    for (let column = 0; column < columns.length; column++) {
      const here = side(column, row);
      if (here === null) continue;
      const right = column + 1 < columns.length ? side(column + 1, row) : null;
      const above = row + 1 < rows.length ? side(column, row + 1) : null;
      if (right !== null && right !== here) steps.push({ column, row, upright: true });
      if (above !== null && above !== here) steps.push({ column, row, upright: false });
    }
  }
  return steps;
}

function partOf(value: number, { domain: [low, high], logarithmic }: CellsContent): number {
  if (!logarithmic) return (value - low) / (high - low || 1);
  return Math.log(value / low) / (Math.log(high / low) || 1);
}

function placed(content: CellsContent): Map<string, Cell> {
  return new Map(content.cells.map((cell) => [`${cell.column}\n${cell.row}`, cell]));
}

interface Grid {
  readonly left: number;
  readonly bottom: number;
  readonly width: number;
  readonly height: number;
}

function appendEdge(drawing: Drawing, content: CellsContent, grid: Grid, of: "value" | "theory"): void {
  const cells = placed(content);
  const valueAt = (column: string, row: string): number => cells.get(`${column}\n${row}`)?.[of] ?? NaN;
  const lines = stepsOf(content.columns, content.rows, valueAt, content.edge).map(
    ({ column, row, upright }) => {
      const x = grid.left + (column + (upright ? 1 : 0)) * grid.width;
      const y = grid.bottom - (row + (upright ? 0 : 1)) * grid.height;
      return { x1: x, y1: y, x2: upright ? x : x + grid.width, y2: upright ? y - grid.height : y };
    },
  );
  const looks =
    of === "value"
      ? [
          { stroke: "#fff", "stroke-width": 5, "stroke-linecap": "round" },
          { stroke: "#000", "stroke-width": 2.5, "stroke-linecap": "round", class: "edge" },
        ]
      : [{ stroke: REFERENCE, "stroke-width": 2.5, "stroke-dasharray": "5 3", class: "edge theory" }];
  for (const look of looks) drawing.append(...lines.map((line) => drawn("line", { ...line, ...look })));
}

/** At most eight names along an axis. */
function ticksOf(names: readonly string[]): string[] {
  const every = Math.ceil(names.length / 8);
  return names.filter((_, index) => index % every === 0);
}

export function cellsPanel(content: CellsContent): Panel {
  const { title, columns, rows, cells, columnName, rowName } = content;
  const rowHeight = Math.max(ROOM_FOR_NUMBERS.height, Math.min(34, 220 / rows.length));
  const height = rowHeight * rows.length;
  const whole = height + MARGIN.top + MARGIN.bottom;
  return {
    title,
    rows: () =>
      cells.map(({ column, row, value, theory, caseName }) => ({
        case: caseName,
        [columnName]: column,
        [rowName]: row,
        measured: value,
        ...(Number.isNaN(theory) ? {} : { theory }),
      })),
    height: () => whole,
    draw(width: number): Drawing {
      const room = width - MARGIN.left - MARGIN.right;
      const grid: Grid = {
        left: MARGIN.left,
        width: room / columns.length,
        height: rowHeight,
        bottom: MARGIN.top + height,
      };
      const written = grid.width >= ROOM_FOR_NUMBERS.width;
      const known = cells.filter(({ value }) => !Number.isNaN(value));
      const drawing = draw({
        width,
        height: whole,
        marginLeft: MARGIN.left,
        marginRight: MARGIN.right,
        marginTop: MARGIN.top,
        marginBottom: MARGIN.bottom,
        ariaLabel: `${title}: ${columns.length} x ${rows.length} numbers as colours`,
        x: { type: "band", domain: [...columns], label: columnName, padding: 0, ticks: ticksOf(columns) },
        y: { type: "band", domain: [...rows].reverse(), label: rowName, padding: 0, ticks: ticksOf(rows) },
        marks: [
          Plot.cell(known, {
            x: "column",
            y: "row",
            inset: 0,
            fill: ({ value }: Cell) => ramp(partOf(value, content)),
            title: ({ caseName, value }: Cell) => `${caseName}: ${shown(value)}`,
          }),
          Plot.text(written ? known : [], {
            x: "column",
            y: "row",
            text: ({ value }: Cell) => shown(value, 2),
            fill: ({ value }: Cell) => inkOn(partOf(value, content)),
          }),
        ],
      });
      appendEdge(drawing, content, grid, "value");
      appendEdge(drawing, content, grid, "theory");
      const byPlace = placed(content);
      drawing.addEventListener("click", (event) => {
        const box = drawing.getBoundingClientRect();
        const column = columns[Math.floor((event.clientX - box.left - grid.left) / grid.width)];
        const row = rows[Math.floor((box.top + grid.bottom - event.clientY) / grid.height)];
        const cell = byPlace.get(`${column ?? ""}\n${row ?? ""}`);
        if (cell) content.choose(cell.caseName);
      });
      return drawing;
    },
  };
}
