// SPDX-License-Identifier: Apache-2.0
// The laboratory as somebody uses it: with a mouse, with a keyboard, by a link, by its stories.

import { readFileSync } from "node:fs";
import { createRequire } from "node:module";

import type { Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";

import { STORIES, type Holds } from "../../src/laboratory/stories.ts";
import { Laboratory } from "./served.ts";

let laboratory: Laboratory;
beforeAll(async () => {
  laboratory = await Laboratory.start("feedforward:depth=6,width=32");
});
afterAll(() => laboratory.end());

const AXE = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const DRAGGED_SECONDS = Number(process.env.SHATTERPROOF_DRAG_SECONDS ?? 5);
const MINIMAL = "#depth=50";

interface Line {
  readonly kind: string;
  readonly name?: string;
  readonly value?: number;
  readonly x?: readonly number[];
  readonly y?: readonly number[];
  readonly undefined?: string;
}

function valueShown(page: Page, name: string): Promise<string> {
  return page.locator(".key div", { hasText: name }).locator("dd").innerText();
}

function percentile(sorted: readonly number[], part: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(part * sorted.length))] ?? NaN;
}

// Moves the slider of a control to and fro until time is up; the milliseconds from each change to its drawing.
async function drag(page: Page, control: string, seconds: number): Promise<number[]> {
  await page.evaluate(() => {
    const times: number[] = [];
    (window as unknown as { times: number[] }).times = times;
    document.addEventListener("drawn", (event) => {
      const { waited, detail } = (event as CustomEvent<{ waited: number; detail: string }>).detail;
      if (detail === "picture") times.push(waited);
    });
  });
  const box = await page.locator(`#control-${control}`).boundingBox();
  if (!box) throw new Error(`no slider ${control}`);
  const y = box.y + box.height / 2;
  const until = Date.now() + 1000 * seconds;
  await page.mouse.move(box.x + box.width / 4, y);
  await page.mouse.down();
  for (let k = 0; Date.now() < until; k++) {
    const part = 0.25 + 0.12 * Math.sin(k / 25);
    await page.mouse.move(box.x + box.width * part, y);
    await page.waitForTimeout(16);
  }
  await page.mouse.up();
  return page.evaluate(() => (window as unknown as { times: number[] }).times);
}

test("sliders are dragged for seconds without an error or a request to anybody else", async () => {
  const { page, complaints } = await laboratory.open(MINIMAL);
  const times = (await drag(page, "depth", DRAGGED_SECONDS)).sort((a, b) => a - b);
  await Laboratory.drawn(page);
  expect(times.length).toBeGreaterThan(2);
  const said = [0.5, 0.9, 0.99].map((part) => `${100 * part} %: ${Math.round(percentile(times, part))} ms`);
  console.log(
    `${times.length} redraws in ${DRAGGED_SECONDS} s, from a change to its picture: ${said.join(", ")}`,
  );
  expect(await page.locator(".quick svg").count()).toBeGreaterThan(2);
  const depth = await page.locator("#control-depth").inputValue();
  expect(new URL(page.url()).hash).toContain(`depth=${depth}`);
  expect(await page.locator("#take pre").innerText()).toContain(`depth=${depth},`);
  expect(complaints).toEqual([]);
  await page.context().close();
});

test("begins where the command line says, and a link brings its state back", async () => {
  const first = await laboratory.open();
  expect(await first.page.locator("#control-depth").inputValue()).toBe("6");
  await first.page.context().close();
  const { page, complaints } = await laboratory.open(
    "#family=residual&depth=12&width=32&norm=batch&beta=0.1",
  );
  expect(await page.locator("#take pre").innerText()).toContain(
    "residual:depth=12,width=32,norm=batch,beta=0.1",
  );
  await page.locator("#control-norm").selectOption("none");
  await Laboratory.drawn(page);
  const changed = page.url();
  const shown = await valueShown(page, "autocorrelation");
  await page.goto("about:blank");
  await page.goto(changed);
  await Laboratory.drawn(page);
  expect(await valueShown(page, "autocorrelation")).toBe(shown);
  expect(complaints.filter((one) => !one.includes("about:blank"))).toEqual([]);
  await page.context().close();
});

test("everything is reached and moved with the keyboard", async () => {
  const { page } = await laboratory.open();
  await page.locator("#control-depth").focus();
  await page.keyboard.press("ArrowRight");
  await Laboratory.drawn(page);
  expect(await page.locator("#control-depth").inputValue()).toBe("7");
  await page.waitForFunction(() => document.querySelector("#take pre")?.textContent.includes("depth=7,"));
  await page.getByRole("button", { name: "Train one step" }).focus();
  await page.keyboard.press("Enter");
  await page.waitForFunction(() => document.querySelector("#take pre")?.textContent.includes("--epochs 1 "));
  expect(await page.locator(".quick").innerText()).toContain("after 1 step");
  await page.context().close();
});

test("what is refused is said in one line, and what ended as well", async () => {
  const own = await Laboratory.start("feedforward:depth=3,width=16");
  const { page } = await own.open();
  await page.locator("#control-width").fill("512");
  await page.locator("#control-depth").fill("200");
  await page.waitForSelector(".refusal:not(:empty)");
  expect(await page.locator(".refusal").innerText()).toContain("fewer layers, units or points");
  for (const shown of [".key", ".results", "#take pre"])
    expect(await page.locator(shown).getAttribute("class"), shown).toContain("outdated");
  await page.locator("#control-depth").fill("3");
  await page.waitForSelector(".refusal:empty", { state: "attached" });
  await Laboratory.drawn(page);
  expect(await page.locator(".outdated").count()).toBe(0);
  await own.end();
});

test("noise has a seed, and no depth", async () => {
  const { page, complaints } = await laboratory.open("#family=white_noise&seed=7&depth=12");
  expect(await page.locator("#control-seed").isEnabled()).toBe(true);
  expect(await page.locator("#control-depth").isEnabled()).toBe(false);
  expect(await page.locator("#take pre").innerText()).toContain("the laboratory showed seed 7");
  expect(complaints).toEqual([]);
  await page.context().close();
});

test("saves study and network", async () => {
  const { page } = await laboratory.open();
  for (const [name, file] of [
    ["Study (TOML)", "laboratory.toml"],
    ["Network (ONNX)", "laboratory.onnx"],
  ] as const) {
    const waiting = page.waitForEvent("download", { timeout: 100_000 }); // a busy machine
    await page.getByRole("link", { name }).click();
    expect((await waiting).suggestedFilename()).toBe(file);
  }
  await page.context().close();
});

test.each([
  [1280, "light"],
  [390, "dark"],
] as const)(
  "at %i pixels, %s: nothing is wider, nothing serious stands in anybody's way",
  async (width, scheme) => {
    const { page, complaints } = await laboratory.open("#depth=6&width=32&story=beta.4", {
      viewport: { width, height: 900 },
      colorScheme: scheme,
    });
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(width);
    await page.evaluate(AXE);
    const serious = await page.evaluate(async () => {
      interface Violation {
        readonly id: string;
        readonly impact: string;
        readonly nodes: readonly { readonly html: string }[];
      }
      const { axe } = window as unknown as { axe: { run(): Promise<{ violations: Violation[] }> } };
      return (await axe.run()).violations
        .filter(({ impact }) => impact === "serious" || impact === "critical")
        .map(({ id, nodes }) => `${id}: ${nodes[0]?.html ?? ""}`);
    });
    expect(serious).toEqual([]);
    expect(complaints).toEqual([]);
    await page.context().close();
  },
);

function check(records: readonly Line[], { reading, at, least, most, undefined: why }: Holds): string {
  const found = records.filter(({ kind, name }) => kind === "reading" && name === reading).at(-1);
  if (!found) return `${reading} was not read`;
  if (why !== undefined) return found.undefined?.includes(why) ? "" : `${reading} is defined`;
  const value = at === undefined ? found.value : found.y?.[found.x?.indexOf(at) ?? -1];
  if (value === undefined) return `${reading} has no number: ${found.undefined ?? ""}`;
  return value >= (least ?? -Infinity) && value <= (most ?? Infinity) ? "" : `${reading} is ${value}`;
}

describe.each(STORIES)("the story '$title'", ({ name, steps, question }) => {
  test("ends in a question, and what it says of its numbers is true", async () => {
    expect(question).toContain("?");
    for (const [index, step] of steps.entries()) {
      const text = await (await fetch(`${laboratory.address}results?${step.state}`)).text();
      const records = text
        .trim()
        .split("\n")
        .slice(1)
        .map((line) => JSON.parse(line) as Line);
      expect(step.holds.length).toBeGreaterThan(0);
      for (const holds of step.holds)
        expect(check(records, holds), `${name} ${index + 1}: ${JSON.stringify(holds)}`).toBe("");
    }
  });

  test("is walked through", async () => {
    const { page, complaints } = await laboratory.open();
    await page
      .getByRole("button", { name: STORIES.find((story) => story.name === name)?.title ?? "" })
      .click();
    for (let step = 2; step <= steps.length; step++) await page.getByRole("button", { name: "Next" }).click();
    await Laboratory.drawn(page);
    expect(await page.locator(".tour").innerText()).toContain(question);
    expect(new URL(page.url()).hash).toContain(`story=${name}.${steps.length}`);
    expect(complaints).toEqual([]);
    await page.context().close();
  });
});
