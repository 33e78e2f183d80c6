// SPDX-License-Identifier: Apache-2.0

import { drawn } from "./element.ts";

/** A piece of a figure, ready to be put beside others. */
export interface Piece {
  readonly title: string;
  readonly drawing: SVGSVGElement;
}

/** Between pieces, and around them. */
export const GAP = 16;
const TITLE = 20;

export function sizeOf(drawing: SVGSVGElement): { width: number; height: number } {
  return { width: Number(drawing.getAttribute("width")), height: Number(drawing.getAttribute("height")) };
}

// A drawing in a file of its own has no style sheet: what it inherits or looks up is written into it.
function inlineColours(from: Element, to: Element): void {
  const style = getComputedStyle(from);
  for (const name of ["fill", "stroke", "color"]) {
    const value = to.getAttribute(name);
    if (value && /var\(|currentColor/.test(value)) to.setAttribute(name, style.getPropertyValue(name));
  }
  const copies = [...to.children];
  [...from.children].forEach((child, index) => {
    const copy = copies[index];
    if (copy) inlineColours(child, copy);
  });
}

function copyOf(drawing: SVGSVGElement): SVGSVGElement {
  const copy = drawing.cloneNode(true) as SVGSVGElement;
  inlineColours(drawing, copy);
  copy.querySelectorAll(".highlighted-layer, [aria-label=tip]").forEach((mark) => mark.remove());
  return copy;
}

function textAt(x: number, y: number, text: string, size: number, weight = 400): SVGTextElement {
  const fill = getComputedStyle(document.body).color;
  return drawn("text", { x, y, "font-size": size, "font-weight": weight, fill }, text);
}

function placed(drawing: SVGSVGElement, x: number, y: number): SVGSVGElement {
  const copy = copyOf(drawing);
  for (const [name, value] of Object.entries({ x, y, color: getComputedStyle(document.body).color }))
    copy.setAttribute(name, String(value));
  return copy;
}

const LETTER = 6.4;
const LEGEND_LINE = 18;

// Swatches with their names, in lines no wider than `width`; says where what follows begins.
function placeLegend(whole: SVGSVGElement, legend: readonly Piece[], width: number, top: number): number {
  let [x, y] = [GAP, top];
  for (const { title, drawing } of legend) {
    const wide = sizeOf(drawing).width + 6 + title.length * LETTER + GAP;
    if (x > GAP && x + wide > width) [x, y] = [GAP, y + LEGEND_LINE];
    whole.append(placed(drawing, x, y), textAt(x + sizeOf(drawing).width + 5, y + 10, title, 12));
    x += wide;
  }
  return legend.length > 0 ? y + LEGEND_LINE : top;
}

/** One drawing of rows of pieces, each row from the left, with their titles; above them a legend of swatches. */
export function composed(
  rows: readonly (readonly Piece[])[],
  title: string,
  legend: readonly Piece[],
): SVGSVGElement {
  const widths = rows.map((row) => row.reduce((x, { drawing }) => x + sizeOf(drawing).width + GAP, GAP));
  const widest = Math.max(...widths, GAP);
  const whole = drawn("svg", {
    xmlns: "http://www.w3.org/2000/svg",
    "font-family": "system-ui, sans-serif",
  });
  const paper = getComputedStyle(document.body).backgroundColor;
  whole.append(drawn("rect", { width: "100%", height: "100%", fill: paper }));
  whole.append(textAt(GAP, GAP + 8, title, 14, 600));
  let y = placeLegend(whole, legend, widest, GAP + TITLE);
  for (const row of rows) {
    let x = GAP;
    for (const { title: name, drawing } of row) {
      whole.append(textAt(x, y + 13, name, 12), placed(drawing, x, y + TITLE));
      x += sizeOf(drawing).width + GAP;
    }
    y += Math.max(0, ...row.map(({ drawing }) => sizeOf(drawing).height)) + TITLE + GAP;
  }
  for (const [name, value] of [["width", widest] as const, ["height", y] as const])
    whole.setAttribute(name, String(value));
  whole.setAttribute("viewBox", `0 0 ${widest} ${y}`);
  return whole;
}

function save(content: Blob, name: string): void {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(content);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}

export function svgText(drawing: SVGSVGElement): string {
  return new XMLSerializer().serializeToString(drawing);
}

export function saveSvg(drawing: SVGSVGElement, name: string): void {
  save(new Blob([svgText(drawing)], { type: "image/svg+xml" }), `${name}.svg`);
}

/** At twice the size on the screen, for print. */
export async function pngOf(drawing: SVGSVGElement): Promise<HTMLCanvasElement> {
  const scale = 2;
  const { width, height } = sizeOf(drawing);
  const image = new Image();
  image.src = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(svgText(drawing))}`;
  await image.decode();
  const canvas = document.createElement("canvas");
  canvas.width = width * scale;
  canvas.height = height * scale;
  const pen = canvas.getContext("2d");
  pen?.scale(scale, scale);
  pen?.drawImage(image, 0, 0);
  return canvas;
}

export async function savePng(drawing: SVGSVGElement, name: string): Promise<void> {
  const canvas = await pngOf(drawing);
  canvas.toBlob((blob) => blob && save(blob, `${name}.png`));
}

export type Row = Readonly<Record<string, string | number | null>>;

function cell(value: string | number | null | undefined): string {
  if (value === null || value === undefined) return "";
  if (typeof value === "number") return String(value);
  // A spreadsheet must not take a name for a formula.
  const text = /^[=+\-@\t\r]/.test(value) ? `'${value}` : value;
  return /[",\n\r]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

/** Rows with the same keys as comma-separated values, numbers in full. */
export function csv(rows: readonly Row[]): string {
  const keys = [...new Set(rows.flatMap((row) => Object.keys(row)))];
  return (
    [keys.map(cell).join(","), ...rows.map((row) => keys.map((key) => cell(row[key])).join(","))].join("\n") +
    "\n"
  );
}

export function saveCsv(rows: readonly Row[], name: string): void {
  save(new Blob([csv(rows)], { type: "text/csv" }), `${name}.csv`);
}
