// SPDX-License-Identifier: Apache-2.0
// What a reader does: point, mark a layer, switch axes, take figures along, print.

import { readFileSync } from "node:fs";

import type { Page } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";

import { Pages } from "./opened.ts";

let pages: Pages;
beforeAll(() => {
  pages = new Pages();
});
afterAll(() => pages.close());

async function sick(): Promise<Page> {
  const { page } = await pages.open(pages.drawFixture("check/sick"));
  await Pages.drawAll(page);
  return page;
}

async function downloaded(page: Page, figure: string, button: string): Promise<Buffer> {
  const arrival = page.waitForEvent("download");
  await page.locator(`[data-figure=${figure}]`).getByRole("button", { name: button, exact: true }).click();
  const download = await arrival;
  return readFileSync(await download.path());
}

test("pointing at a profile shows the value and the layer's name", async () => {
  const page = await sick();
  const drawing = page.locator("[data-figure=gradient_variance] .drawing svg");
  await drawing.hover({ position: { x: 150, y: 60 } });
  const said = await drawing.locator("[aria-label=tip]").innerHTML();
  expect(said).toMatch(/depth \d+, layer_\d+\.relu/);
  await page.context().close();
});

test("a click marks the layer in every profile, in the graph and in the bar, and once more takes it back", async () => {
  const page = await sick();
  await page.getByRole("button", { name: "Unfold all" }).click();
  await page
    .locator("[data-figure=gradient_correlation] .drawing svg")
    .click({ position: { x: 150, y: 100 } });
  const profiles = await page.locator("#profiles .panel").count();
  expect(await page.locator("#profiles .highlighted-layer").count()).toBeGreaterThanOrEqual(profiles - 1);
  const chosen = await page.getByLabel("Marked layer").inputValue();
  expect(Number(chosen)).toBeGreaterThan(0);
  expect(await page.locator(`.graph .highlighted[data-depth="${chosen}"]`).count()).toBeGreaterThan(0);
  await page.getByLabel("Marked layer").selectOption("");
  expect(await page.locator(".highlighted-layer, .highlighted").count()).toBe(0);
  await page.context().close();
});

test("an axis can be switched between linear and logarithmic", async () => {
  const page = await sick();
  const figure = page.locator("[data-figure=gradient_variance]");
  const before = await figure.locator(".drawing").innerHTML();
  await figure.getByRole("button", { name: "Linear axis" }).click();
  expect(await figure.locator(".drawing").innerHTML()).not.toBe(before);
  await figure.getByRole("button", { name: "Log axis" }).click();
  await page.context().close();
});

test("the SVG parses and has its colours in it, the PNG is a picture, the CSV has the numbers", async () => {
  const page = await sick();
  const svg = (await downloaded(page, "gradient_correlation", "SVG")).toString("utf8");
  const problem = await page.evaluate((text) => {
    const parsed = new DOMParser().parseFromString(text, "image/svg+xml");
    return parsed.querySelector("parsererror")?.textContent ?? parsed.documentElement.localName;
  }, svg);
  expect(problem).toBe("svg");
  expect(svg).not.toContain("var(--");
  expect(svg).toContain("Gradient correlation");
  expect(svg, "the legend goes along").toContain("theory: centred product");

  const graph = (await downloaded(page, "graph", "SVG")).toString("utf8");
  expect(graph).toContain("BatchNormalization");
  expect(graph).not.toContain("var(--");

  const png = await downloaded(page, "gradient_correlation", "PNG");
  expect([...png.subarray(0, 4)]).toEqual([0x89, 0x50, 0x4e, 0x47]);
  expect(png.length).toBeGreaterThan(2000);

  const rows = (await downloaded(page, "gradient_correlation", "CSV")).toString("utf8").trim().split("\n");
  const source = readFileSync(new URL("../fixtures/check/sick.jsonl", import.meta.url), "utf8").split("\n");
  const reading = source
    .filter((line) => line)
    .map((line) => JSON.parse(line) as { name?: string; type?: string; y: number[] })
    .find(({ name, type }) => name === "gradient_correlation" && type === "curve");
  const column = (rows[0] ?? "").split(",").indexOf("gradient correlation");
  const measured = rows.slice(1).filter((row) => row.includes(",measured,"));
  expect(measured.map((row) => Number(row.split(",")[column]))).toEqual(reading?.y);
  await page.context().close();
});

test("the numbers of a figure appear as a table", async () => {
  const page = await sick();
  const figure = page.locator("[data-figure=gradient_correlation]");
  await figure.getByRole("button", { name: "Numbers" }).click();
  expect(await figure.locator("tbody tr").filter({ hasText: "measured" }).count()).toBe(51);
  await page.context().close();
});

test("repeated blocks fold and unfold with mouse and keyboard", async () => {
  const page = await sick();
  const nodes = page.locator(".graph .node");
  const folded = await nodes.count();
  await page.locator(".graph .folded").first().press("Enter");
  const unfolded = await nodes.count();
  expect(folded).toBeLessThan(12);
  expect(unfolded).toBeGreaterThan(100);
  await page.getByRole("button", { name: "Fold repeated blocks" }).click();
  expect(await nodes.count()).toBe(folded);
  await page.context().close();
});

test("the graph is coloured by the reading that is chosen", async () => {
  const page = await sick();
  const colours = (): Promise<string[]> =>
    page
      .locator(".graph .folded rect")
      .evaluateAll((cells) => cells.map((cell) => cell.getAttribute("fill") ?? ""));
  const before = await colours();
  await page.getByLabel("Coloured by").selectOption("gradient_variance");
  expect(await colours()).not.toEqual(before);
  await page.context().close();
});

test("dark follows the system and the button", async () => {
  const { page } = await pages.open(pages.drawFixture("check/healthy"), { colorScheme: "dark" });
  const paper = (): Promise<string> => page.evaluate(() => getComputedStyle(document.body).backgroundColor);
  expect(await paper()).toBe("rgb(22, 27, 34)");
  await page.getByRole("button", { name: "Light" }).click();
  expect(await paper()).toBe("rgb(255, 255, 255)");
  await page.context().close();
});

test("print shows everything but what is there to be clicked", async () => {
  const { page } = await pages.open(pages.drawFixture("shattered_gradients/figure_2"));
  await page.emulateMedia({ media: "print" });
  const pdf = await page.pdf({ format: "A4" });
  expect(pdf.subarray(0, 4).toString()).toBe("%PDF");
  expect(await page.locator(".tools").first().isVisible()).toBe(false);
  expect(await page.locator(".panel:not(:has(svg))").count()).toBe(0);
  await page.context().close();
});
