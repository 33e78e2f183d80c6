// SPDX-License-Identifier: Apache-2.0
// Every view, from results of real runs.

import { readFileSync } from "node:fs";
import { createRequire } from "node:module";

import { afterAll, beforeAll, describe, expect, test } from "vitest";

import { fixtures, Pages } from "./opened.ts";

let pages: Pages;
beforeAll(() => {
  pages = new Pages();
});
afterAll(() => pages.close());

const AXE = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

interface Violation {
  readonly id: string;
  readonly impact: string;
  readonly nodes: readonly { readonly html: string }[];
}

describe.each(fixtures())("%s", (name) => {
  test("draws every panel without an error or a request, light and dark, wide and narrow", async () => {
    const file = pages.drawFixture(name);
    for (const [width, colorScheme] of [
      [1280, "light"],
      [390, "dark"],
    ] as const) {
      const { page, complaints } = await pages.open(file, { viewport: { width, height: 900 }, colorScheme });
      const tall = (): Promise<number> => page.evaluate(() => document.documentElement.scrollHeight);
      const before = await tall();
      await Pages.drawAll(page);
      expect(await tall(), "nothing moves when what is below is drawn").toBe(before);
      expect(await page.locator(".panel").count()).toBeGreaterThan(0);
      expect(await page.locator(".panel:not(:has(svg))").count()).toBe(0);
      expect(
        await page.locator("svg :is(path, rect, circle, text)[d*=NaN], svg [x=NaN], svg [cx=NaN]").count(),
      ).toBe(0);
      const wide = await page.evaluate(() => document.documentElement.scrollWidth);
      expect(wide, "nothing is wider than the window").toBeLessThanOrEqual(width);
      expect(complaints).toEqual([]);
      await page.context().close();
    }
  });

  test("has no serious accessibility problem", async () => {
    const { page } = await pages.open(pages.drawFixture(name));
    await Pages.drawAll(page);
    await page.evaluate(AXE);
    const violations = await page.evaluate(async () => {
      const { axe } = window as unknown as { axe: { run(): Promise<{ violations: Violation[] }> } };
      return (await axe.run()).violations;
    });
    const serious = violations.filter(({ impact }) => impact === "serious" || impact === "critical");
    expect(serious.map(({ id, nodes }) => `${id}: ${nodes[0]?.html ?? ""}`)).toEqual([]);
    await page.context().close();
  });
});

test.each([
  ["check/sick", ["verdict", "profiles", "graph", "rasters", "numbers", "undefined", "coverage", "context"]],
  ["check/healthy", ["verdict", "profiles", "graph", "rasters", "numbers", "coverage", "context"]],
  [
    "shattered_gradients/figure_1",
    ["verdict", "traces", "autocorrelation", "numbers", "claims", "coverage", "context"],
  ],
  ["shattered_gradients/figure_2", ["verdict", "autocorrelation", "claims", "coverage", "context"]],
  [
    "shattered_gradients/figure_4",
    ["verdict", "profiles", "rasters", "numbers", "claims", "coverage", "context"],
  ],
  [
    "gradients_explode/figure_2",
    ["verdict", "training", "effective_depth", "profiles", "numbers", "claims", "coverage", "context"],
  ],
  ["gradients_explode/table_1", ["verdict", "profiles", "numbers", "claims", "coverage", "context"]],
  ["gradients_explode/widths", ["verdict", "profiles", "claims", "coverage", "context"]],
  ["shattered_gradients/figure_5", ["verdict", "traces", "numbers", "claims", "coverage", "context"]],
  ["shattered_gradients/figure_6_small", ["verdict", "training", "claims", "coverage", "context"]],
  ["train/thin", ["training", "profiles", "numbers", "coverage", "context"]],
  ["train/accuracy_against_depth", ["verdict", "training", "claims", "coverage", "context"]],
  ["shattered_gradients/theorems", ["verdict", "profiles", "numbers", "claims", "coverage", "context"]],
])("%s has its views", async (name, expected) => {
  const { page } = await pages.open(pages.drawFixture(name));
  const found = await page.locator("main > section").evaluateAll((sections) => sections.map(({ id }) => id));
  expect(found.filter((id) => id !== "curves")).toEqual(expected);
  await page.context().close();
});

test("theory is a line through what a check measured", async () => {
  const { page } = await pages.open(pages.drawFixture("check/healthy"));
  await Pages.drawAll(page);
  for (const name of ["gradient_correlation", "gradient_variance"]) {
    const figure = page.locator(`#profiles [data-figure=${name}]`);
    expect(await figure.locator(".legend li").allTextContents()).toEqual([
      "measured",
      "theory: centred product",
    ]);
    expect(await figure.locator('.drawing g[stroke="var(--theory)"] path').count()).toBe(1);
    const measured = figure.locator(".legend li").first();
    expect(await measured.locator("circle").count()).toBe(1);
    expect(await measured.locator("line").count(), "dots are not joined").toBe(0);
  }
  await page.context().close();
});

test("theories of one figure are told apart", async () => {
  const { page } = await pages.open(pages.drawFixture("shattered_gradients/theorems"));
  const theories = page
    .locator("#profiles [data-figure=gradient_correlation] .legend li")
    .filter({ hasText: "theory" });
  const looks = await theories.locator("svg").evaluateAll((all) => all.map((one) => one.innerHTML));
  expect(looks).toHaveLength(5);
  expect(new Set(looks).size).toBe(looks.length);
  await page.context().close();
});

test("a number in a table does not break after its hyphen", async () => {
  const { page } = await pages.open(pages.drawFixture("check/sick"), {
    viewport: { width: 390, height: 900 },
  });
  const numbers = page.locator("td span").filter({ hasText: /^-?[\d.]+e-\d+$/ });
  const lines = await numbers.evaluateAll((all) => all.map((one) => one.getClientRects().length));
  expect(lines.length).toBeGreaterThan(2);
  expect(new Set(lines)).toEqual(new Set([1]));
  await page.context().close();
});

test("panels of one figure share their axis, logarithmic ones too", async () => {
  const { page } = await pages.open(pages.drawFixture("gradients_explode/figure_1"));
  await Pages.drawAll(page);
  const panels = page.locator("[data-figure=gradient_scale_coefficient] .drawing svg");
  const ticks = await panels.evaluateAll((drawings) =>
    drawings.map((drawing) =>
      [...drawing.querySelectorAll("g[text-anchor=end] text")].map((label) => label.textContent).join(" "),
    ),
  );
  expect(ticks).toHaveLength(7);
  expect(ticks[0]).toContain("1000");
  expect(new Set(ticks).size).toBe(1);
  await page.context().close();
});

test("a study names its networks", async () => {
  const { page } = await pages.open(pages.drawFixture("gradients_explode/table_1"));
  const networks = page.locator("#context details").filter({ hasText: "networks" }).first();
  await networks.locator("summary").click();
  expect(await networks.locator("tbody").innerText()).toContain("feedforward:preset=layer_relu");
  expect(await page.locator("#coverage").innerText()).toContain("every node was measured");
  await page.context().close();
});

test("the verdict says what the results say", async () => {
  const { page } = await pages.open(pages.drawFixture("check/sick"));
  const text = await page.locator("#verdict").innerText();
  expect(text).toContain("CRITICAL");
  expect(text).toContain("shattered");
  expect(text).toContain("What to do: add a skip around every layer");
  const healthy = await pages.open(pages.drawFixture("check/healthy"));
  expect(await healthy.page.locator("#verdict").innerText()).toContain("HEALTHY");
  expect(await healthy.page.locator(".fine li").count()).toBeGreaterThan(2);
  await page.context().close();
});
