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
      await Pages.drawAll(page);
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
  ["sick", ["verdict", "profiles", "graph", "rasters", "numbers", "coverage", "context"]],
  ["healthy", ["verdict", "profiles", "graph", "rasters", "numbers", "coverage", "context"]],
  ["figure_1", ["verdict", "traces", "autocorrelation", "numbers", "claims", "coverage", "context"]],
  ["figure_2", ["verdict", "autocorrelation", "claims", "coverage", "context"]],
  ["figure_4", ["verdict", "profiles", "rasters", "numbers", "claims", "coverage", "context"]],
  ["theorems", ["verdict", "profiles", "numbers", "claims", "coverage", "context"]],
])("%s has its views", async (name, expected) => {
  const { page } = await pages.open(pages.drawFixture(name));
  const found = await page.locator("main > section").evaluateAll((sections) => sections.map(({ id }) => id));
  expect(found.filter((id) => id !== "curves")).toEqual(expected);
  await page.context().close();
});

test("the verdict says what the results say", async () => {
  const { page } = await pages.open(pages.drawFixture("sick"));
  const text = await page.locator("#verdict").innerText();
  expect(text).toContain("CRITICAL");
  expect(text).toContain("shattered");
  expect(text).toContain("What to do: add a skip around every layer");
  const healthy = await pages.open(pages.drawFixture("healthy"));
  expect(await healthy.page.locator("#verdict").innerText()).toContain("HEALTHY");
  expect(await healthy.page.locator(".fine li").count()).toBeGreaterThan(2);
  await page.context().close();
});
