// SPDX-License-Identifier: Apache-2.0
// A sweep: what a reader chooses, and what a cell opens.

import { afterAll, beforeAll, expect, test } from "vitest";

import { Pages } from "./opened.ts";

let pages: Pages;
beforeAll(() => {
  pages = new Pages();
});
afterAll(() => pages.close());

test("a map for each norm, an edge between healthy and sick, and a cell that opens its verdict", async () => {
  const { page, complaints } = await pages.open(pages.drawFixture("sweep/verdicts"));
  await Pages.drawAll(page);
  const sweep = page.locator("#sweep");
  expect(await sweep.locator(".panel h4").allTextContents()).toEqual(["norm none", "norm batch"]);
  expect(await sweep.locator("line.edge").count()).toBeGreaterThan(2);
  expect(await page.locator("#verdict .finding").count(), "findings stand where they were found").toBe(0);
  const map = sweep.locator(".panel svg").nth(1);
  const box = await map.boundingBox();
  // The deepest of the narrowest networks, at the right end of the lowest row.
  await map.click({ position: { x: (box?.width ?? 0) - 20, y: (box?.height ?? 0) - 56 } });
  expect(await sweep.locator(".case h3").first().textContent()).toBe("norm batch, width 16, depth 32");
  expect(await sweep.locator(".case .finding").count()).toBeGreaterThan(0);
  expect(complaints).toEqual([]);
  await page.context().close();
});

test("axes are never the same, and another reading has an edge of its own", async () => {
  const { page, complaints } = await pages.open(pages.drawFixture("sweep/verdicts"));
  const [reading, across, up] = await page.locator("#sweep .choices select").all();
  if (!reading || !across || !up) throw new Error("three choices");
  expect(await across.inputValue()).toBe("depth");
  await up.selectOption("depth");
  expect(await across.inputValue()).not.toBe("depth");
  await reading.selectOption({ label: "Correlation length" });
  expect(await page.locator("#sweep input").inputValue()).toBe("0.125");
  await Pages.drawAll(page);
  expect(await page.locator("#sweep figure h3").textContent()).toBe("Correlation length");
  expect(complaints).toEqual([]);
  await page.context().close();
});
