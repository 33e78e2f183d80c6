// SPDX-License-Identifier: Apache-2.0
// One figure out of the page, for a program without eyes: `page.html#take?form=svg&figure=NAME&panel=TITLE&width=900`.
// The answer stands in the document as base64 of JSON, whichever way the document is read.

import { pngOf, sizeOf, svgText } from "./download.ts";
import { element } from "./element.ts";
import { figuresIn, type Takable } from "./takable.ts";

const MARK = "#take?";

interface Answer {
  readonly figures: readonly Omit<Takable, "whole">[];
  readonly name?: string;
  readonly width?: number;
  readonly height?: number;
  readonly svg?: string;
  /** In base64. */
  readonly png?: string;
}

// Nothing but the drawing, on a sheet of its size.
function printed(drawing: SVGSVGElement): void {
  const { width, height } = sizeOf(drawing);
  const sheet = `@page { size: ${width}px ${height}px; margin: 0 } html, body { margin: 0; padding: 0; max-width: none }
    svg { display: block }`;
  document.head.append(element("style", {}, sheet));
  document.body.replaceChildren(drawing);
}

function say(answer: Answer): void {
  const bytes = new TextEncoder().encode(JSON.stringify(answer));
  let text = "";
  for (const byte of bytes) text += String.fromCharCode(byte);
  document.body.append(element("pre", { id: "taken" }, btoa(text)));
}

async function taken(wanted: URLSearchParams): Promise<void> {
  const figures = figuresIn(document);
  const list = figures.map(({ name, title, panels }) => ({ name, title, panels }));
  const wantedName = wanted.get("figure");
  const figure = wantedName === null ? figures[0] : figures.find(({ name }) => name === wantedName);
  const panel = wanted.get("panel") ?? undefined;
  if (!figure || (panel !== undefined && !figure.panels.includes(panel))) {
    say({ figures: list });
    return;
  }
  const drawing = figure.whole({ width: Number(wanted.get("width") ?? 900), panel });
  const answer = { figures: list, name: figure.name, ...sizeOf(drawing) };
  if (wanted.get("form") === "pdf") printed(drawing);
  else if (wanted.get("form") === "png") {
    const address = (await pngOf(drawing)).toDataURL("image/png");
    say({ ...answer, png: address.slice(address.indexOf(",") + 1) });
  } else say({ ...answer, svg: svgText(drawing) });
}

/** Does what the address asks for; nothing where it asks for nothing. */
export async function take(address: string): Promise<void> {
  if (address.startsWith(MARK)) await taken(new URLSearchParams(address.slice(MARK.length)));
}
