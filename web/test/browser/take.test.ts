// SPDX-License-Identifier: Apache-2.0
// A figure taken out of the page by a program: the same drawing as on the page, whole, of the width that was asked for.

import { afterAll, beforeAll, expect, test } from "vitest";

import { Pages } from "./opened.ts";

interface Answer {
  readonly figures: { readonly name: string; readonly title: string; readonly panels: string[] }[];
  readonly name?: string;
  readonly width?: number;
  readonly svg?: string;
  readonly png?: string;
}

let pages: Pages;
beforeAll(() => {
  pages = new Pages();
});
afterAll(() => pages.close());

async function taken(fixture: string, wanted: Record<string, string>): Promise<Answer> {
  return takenFrom(pages.drawFixture(fixture), wanted);
}

async function takenFrom(file: string, wanted: Record<string, string>): Promise<Answer> {
  const { page, complaints } = await pages.open(`${file}#take?${new URLSearchParams(wanted).toString()}`);
  const text = await page.locator("#taken").textContent();
  expect(complaints).toEqual([]);
  await page.context().close();
  return JSON.parse(Buffer.from(text ?? "", "base64").toString("utf8")) as Answer;
}

const STUDY = "shattered_gradients/figure_2";

test("the first figure is taken where none is named, of about the width that was asked for", async () => {
  for (const width of [400, 900, 1600]) {
    const answer = await taken(STUDY, { form: "svg", width: String(width) });
    expect(answer.name).toBe("gradient_autocorrelation");
    expect(answer.width).toBeLessThanOrEqual(width);
    expect(answer.width).toBeGreaterThan(width - 20);
    expect(answer.svg).toMatch(/^<svg xmlns="http:\/\/www.w3.org\/2000\/svg"/);
    expect(answer.svg).not.toMatch(/var\(|currentColor/);
    for (const panel of answer.figures[0]?.panels ?? []) expect(answer.svg).toContain(panel);
  }
});

test("one panel is taken alone", async () => {
  const answer = await taken(STUDY, { form: "svg", panel: "feedforward, batch norm" });
  expect(answer.svg).toContain(">feedforward, batch norm<");
  expect(answer.svg).not.toContain("residual");
});

test("cells that the page shows on request are taken too", async () => {
  const names = Array.from({ length: 26 }, (_, k) => `net ${String.fromCharCode(65 + k)}`);
  const reading = { kind: "reading", name: "gradient_variance", type: "curve", x_name: "depth" };
  const records = [
    { kind: "context", schema: 1, network: "x", command: "shatterproof reproduce x" },
    ...names.map((name, k) => ({ ...reading, case: name, x: [0, 1, 2], y: [1, 2, 3 + k], n: 1 })),
  ];
  const file = pages.drawText(records.map((record) => JSON.stringify(record) + "\n").join(""));
  const { figures, svg } = await takenFrom(file, { form: "svg" });
  expect(figures[0]?.panels).toEqual(names);
  for (const name of names) expect(svg).toContain(`>${name}<`);
  const alone = await takenFrom(file, { form: "svg", panel: "net Z" });
  expect(alone.svg).toContain(">net Z<");
});

test("what is not there is answered with what is", async () => {
  for (const wanted of [{ figure: "no_such" }, { panel: "no such" }] as Record<string, string>[]) {
    const answer = await taken(STUDY, { form: "svg", ...wanted });
    expect(answer.svg).toBeUndefined();
    expect(answer.figures.map(({ name }) => name)).toContain("gradient_autocorrelation");
  }
});

test("a picture has two dots for each pixel", async () => {
  const answer = await taken(STUDY, { form: "png", width: "500" });
  const bytes = Buffer.from(answer.png ?? "", "base64");
  expect(bytes.subarray(1, 4).toString()).toBe("PNG");
  expect(bytes.readUInt32BE(16)).toBe(2 * (answer.width ?? 0));
});

test("every figure of every page can be taken", async () => {
  for (const fixture of ["check/sick", "train/thin", "gradients_explode/figure_2"]) {
    const { figures } = await taken(fixture, { form: "svg", figure: "none" });
    for (const { name } of figures) {
      const { svg } = await taken(fixture, { form: "svg", figure: name });
      expect(svg, `${fixture}: ${name}`).toContain("<svg");
    }
  }
});
