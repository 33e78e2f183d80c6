// SPDX-License-Identifier: Apache-2.0
// What is drawn of networks that were trained, from results of real runs.

import { readFileSync } from "node:fs";

import type { Page } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";

import { Pages } from "./opened.ts";

let pages: Pages;
beforeAll(() => {
  pages = new Pages();
});
afterAll(() => pages.close());

interface Line {
  readonly kind: string;
  readonly case?: string;
  readonly name?: string;
  readonly type?: string;
  readonly value?: number;
  readonly y?: readonly number[];
  readonly test_accuracy?: number;
}

function recordsOf(fixture: string): Line[] {
  const text = readFileSync(new URL(`../fixtures/${fixture}.jsonl`, import.meta.url), "utf8");
  return text
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as Line);
}

async function opened(fixture: string): Promise<Page> {
  const { page } = await pages.open(pages.drawFixture(fixture));
  await Pages.drawAll(page);
  return page;
}

function labels(page: Page, figure: string): Promise<string[]> {
  return page.locator(`[data-figure=${figure}] .legend li`).allTextContents();
}

/** The rows of a figure's table of numbers. */
async function numbersOf(page: Page, figure: string): Promise<string[][]> {
  const place = page.locator(`[data-figure=${figure}]`);
  await place.getByRole("button", { name: "Numbers" }).click();
  return place
    .locator("tbody tr")
    .evaluateAll((rows) => rows.map((row) => [...row.children].map((cell) => cell.textContent)));
}

test("loss and accuracy show training and test examples in one picture, with the learning rate beside", async () => {
  const page = await opened("train/thin");
  const epochs = recordsOf("train/thin").filter(({ kind }) => kind === "epoch");
  expect(epochs.length).toBeGreaterThan(3);
  for (const figure of ["loss", "accuracy"]) {
    expect(await labels(page, figure)).toEqual(["training", "test"]);
    const dots = page.locator(`[data-figure=${figure}] svg g circle`);
    expect(await dots.count()).toBeGreaterThanOrEqual(2 * epochs.length);
  }
  const accuracies = (await numbersOf(page, "accuracy")).filter(([line]) => line === "test");
  expect(accuracies.map((row) => Number(row.at(-1)))).toEqual(
    epochs.map(({ test_accuracy }) => expect.closeTo(test_accuracy ?? NaN, 4) as number),
  );
  expect((await numbersOf(page, "learning_rate")).length).toBe(epochs.length);
  await page.context().close();
});

test("what was measured on the way is a curve over steps, and profiles of some steps", async () => {
  const page = await opened("train/thin");
  const live = recordsOf("train/thin").filter(
    ({ name, type }) => name === "gradient_correlation" && type === "scalar",
  );
  expect(live.length).toBeGreaterThan(3);
  const rows = await numbersOf(page, "gradient_correlation_against_step");
  expect(rows.map((row) => `step ${row[1] ?? ""}`)).toEqual(live.map((line) => line.case));
  expect(rows.map((row) => Number(row.at(-1)))).toEqual(
    live.map(({ value = NaN }) => expect.closeTo(value, 4) as number),
  );
  const steps = await page
    .locator("#profiles [data-figure=gradient_correlation] .legend li")
    .allTextContents();
  expect(steps[0]).toBe("step 0");
  expect(steps.at(-1)).toBe(live.at(-1)?.case);
  expect(await page.locator("#profiles [data-figure=gradient_correlation] .panel").count()).toBe(1);
  await page.context().close();
});

test("networks of several depths are compared by what they reached after the last epoch", async () => {
  const page = await opened("train/accuracy_against_depth");
  const records = recordsOf("train/accuracy_against_depth").filter(({ name }) => name === "test_accuracy");
  const families = ["looks-linear", "residual", "ReLU"];
  expect(await labels(page, "test_accuracy_against_depth")).toEqual(families);
  const rows = await numbersOf(page, "test_accuracy_against_depth");
  for (const family of families) {
    for (const depth of [6, 14, 22]) {
      const row = rows.find((cells) => cells[0] === family && Number(cells[2]) === depth);
      const reached = records.find((line) => line.case === `${family}, depth ${depth}`)?.y?.at(-1);
      expect(Number(row?.[3])).toBeCloseTo(reached ?? NaN, 4);
    }
  }
  await page.context().close();
});

test("effective depth stands with the curves that it is read from", async () => {
  const page = await opened("gradients_explode/figure_2");
  const section = page.locator("#effective_depth");
  const found = await section.locator("figure").evaluateAll((all) => all.map((one) => one.dataset.figure));
  expect(found).toEqual([
    "effective_depth",
    "effective_depth_parts",
    "effective_depth_bound",
    "effective_depth_bound_parts",
    "taylor_error",
    "taylor_error_reset",
  ]);
  const rows = await numbersOf(page, "effective_depth");
  const depths = recordsOf("gradients_explode/figure_2").filter(({ name }) => name === "effective_depth");
  expect(rows.map((row) => [row[0], Number(row[2])])).toEqual(depths.map((line) => [line.case, line.value]));
  expect(await labels(page, "taylor_error")).toEqual(depths.map((line) => line.case));
  expect(
    await page.locator("#numbers [data-figure=effective_depth], #curves [data-figure=taylor_error]").count(),
  ).toBe(0);
  await page.context().close();
});
