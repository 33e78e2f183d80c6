// SPDX-License-Identifier: Apache-2.0
// Results that try the page: odd numbers, odd names, many of everything.

import { afterAll, beforeAll, expect, test } from "vitest";

import { Pages } from "./opened.ts";

let pages: Pages;
beforeAll(() => {
  pages = new Pages();
});
afterAll(() => pages.close());

type Json = Record<string, unknown>;
const CONTEXT: Json = { kind: "context", schema: 1, network: "x.onnx", command: "shatterproof check x.onnx" };

function lines(...records: readonly Json[]): string {
  return [CONTEXT, ...records].map((record) => JSON.stringify(record) + "\n").join("");
}

function profile(name: string, y: readonly (number | null)[], more: Json = {}): Json {
  return { kind: "reading", name, type: "curve", x_name: "depth", x: y.map((_, k) => k), y, n: 1, ...more };
}

async function shownText(results: string): Promise<{ text: string; complaints: string[] }> {
  const { page, complaints } = await pages.open(pages.drawText(results));
  await Pages.drawAll(page);
  const text = await page.locator("body").innerText();
  await page.context().close();
  return { text, complaints };
}

test("a file with nothing but its context is a page", async () => {
  const { text, complaints } = await shownText(lines());
  expect(text).toContain("x.onnx");
  expect(complaints).toEqual([]);
});

test("unknown keys and kinds, missing predictions, undefined readings and NaN are shown or explained", async () => {
  const { text, complaints } = await shownText(
    lines(
      { kind: "sonnet", lines: 14 },
      profile("gradient_variance", [1, null, 3, null], { non_finite: { y: ["nan", "inf"] }, colour: "red" }),
      profile("all_nan", [null, null], { non_finite: "nan" }),
      { kind: "reading", name: "lost", type: "curve", undefined: "gradient is constant along the inputs" },
      { kind: "reading", name: "alone", type: "scalar", value: null, non_finite: "-inf" },
      {
        kind: "claim",
        study: "s",
        claim: "never",
        measured: null,
        expected: 1,
        tolerance: 1,
        provenance: "M",
        pass: false,
        non_finite: "nan",
      },
    ),
  );
  expect(text).toContain("2 values are infinite or not a number and not drawn");
  expect(text).toContain("gradient is constant along the inputs");
  expect(text).toContain("minus infinite");
  expect(text).toContain("0 of 1 claims hold");
  expect(complaints).toEqual([]);
});

test("what follows from a cause stands within it, beside the curve that proves the cause", async () => {
  const finding = { kind: "finding", severity: "watch", headline: "it is so", why: "it is known" };
  const { page, complaints } = await pages.open(
    pages.drawText(
      lines(
        profile("gradient_scale_coefficient", [1e-6, 1e-3, 1]),
        {
          ...finding,
          id: "vanishing",
          severity: "critical",
          evidence: {
            a: { name: "end_to_end_gain", value: 0 },
            b: { name: "gradient_scale_coefficient", value: 1e-6, healthy: 0.1, healthy_side: ">" },
          },
        },
        { ...finding, id: "collapsed_domain", cause: "vanishing" },
        { ...finding, id: "stuck", cause: "nobody" },
        { ...finding, id: "saturated", cause: "saturated" },
      ),
    ),
  );
  await Pages.drawAll(page);
  const cards = page.locator("#verdict > .finding");
  expect(await cards.locator("> h3").allInnerTexts()).toEqual([
    expect.stringContaining("vanishing"),
    expect.stringContaining("stuck"),
    expect.stringContaining("saturated"),
  ]);
  expect(await cards.nth(0).locator(".effect summary").innerText()).toContain("collapsed domain: it is so");
  expect(await cards.nth(0).innerText()).toContain("healthy: above 0.1");
  expect(await page.locator("#verdict .panel svg").count()).toBe(1);
  expect(complaints).toEqual([]);
  await page.context().close();
});

test("training that breaks off, without test examples, with keys and readings nobody knows", async () => {
  const epoch = { kind: "epoch", train_accuracy: 0.1, learning_rate: 0.1, images_per_second: 0 };
  const live = { kind: "reading", name: "gradient_correlation", type: "scalar", tap: "input", layer: 0 };
  const { text, complaints } = await shownText(
    lines(
      { ...epoch, epoch: 1, train_loss: 2.3, mood: "good" },
      { ...epoch, epoch: 2, train_loss: null, non_finite: "nan" },
      { ...live, case: "step 0", value: 0.5 },
      { ...live, case: "step 16", value: null, non_finite: "inf" },
      { ...live, case: "step 32", undefined: "gradient is zero for every example" },
      profile("gradient_correlation", [1, 0.5], { case: "step 0" }),
      { kind: "finding", id: "non_finite", severity: "critical", headline: "loss is NaN at step 33" },
    ),
  );
  expect(text).toContain("1 value is not a number and not drawn");
  expect(text).toContain("1 value is infinite and not drawn");
  expect(text).toContain("gradient is zero for every example");
  expect(text).toContain("CRITICAL");
  expect(text).toContain("Gradient correlation R during training");
  expect(complaints).toEqual([]);
});

test("ten thousand epochs and a thousand steps are lines", async () => {
  const epochs = Array.from({ length: 10_000 }, (_, k) => ({
    kind: "epoch",
    epoch: k + 1,
    train_loss: 2 / (k + 1),
    train_accuracy: 1 - 1 / (k + 1),
    learning_rate: 0.1,
    images_per_second: 100,
  }));
  const steps = Array.from({ length: 1000 }, (_, k) => ({
    kind: "reading",
    case: `step ${k}`,
    name: "gradient_correlation",
    type: "scalar",
    tap: "input",
    value: 1 / (k + 1),
  }));
  const { page, complaints } = await pages.open(pages.drawText(lines(...epochs, ...steps)));
  await Pages.drawAll(page);
  expect(await page.locator("#training svg *").count()).toBeLessThan(1000);
  expect(await page.locator("#training .legend li").count()).toBeLessThan(10);
  expect(complaints).toEqual([]);
  await page.context().close();
});

test("HTML and script tags in every name stay text", async () => {
  const evil = '</script><script>window.hacked=1</script><img src=x onerror="window.hacked=1"><!--';
  const node = { name: evil, operator: evil, depth: 0, taps: [evil] };
  const results = lines(
    { kind: "graph", nodes: [node, { ...node, depth: 1 }], edges: [[0, 1]], skips: [] },
    profile(evil, [1, 2], { case: evil, x_labels: [evil, "b"] }),
    profile("gradient_correlation", [1, 2], { x_labels: [evil, "b"] }),
    { kind: "reading", name: evil, case: evil, tap: evil, type: "scalar", value: 1 },
    { kind: "reading", name: evil, case: `${evil}2`, tap: evil, type: "scalar", value: 2 },
    { kind: "reading", name: evil, type: "histogram", tap: evil, layer: 1, x_name: evil, x: [0, 1], y: [1] },
    { kind: "reading", name: evil, case: evil, type: "matrix", shape: [1, 1], values: [1] },
    { kind: "reading", name: "u", type: "scalar", undefined: evil },
    { kind: "case", name: evil, network: evil, inputs: evil, initializer: evil, functional: evil },
    { kind: "epoch", case: evil, epoch: 1, train_loss: 1, train_accuracy: 1, learning_rate: 1 },
    { kind: "epoch", case: `${evil}, depth 2`, epoch: 1, train_loss: 1, train_accuracy: 1, learning_rate: 1 },
    { kind: "reading", name: evil, case: "step 1", type: "scalar", value: 1 },
    { kind: "reading", name: evil, case: "step 2", type: "scalar", value: 2 },
    { kind: "reading", name: "effective_depth", case: evil, type: "scalar", value: 2 },
    {
      kind: "prediction",
      name: evil,
      case: evil,
      type: "curve",
      x_name: "depth",
      x: [0, 1],
      y: [1, 2],
      theory: evil,
      assumes: evil,
    },
    {
      kind: "finding",
      id: evil,
      severity: "critical",
      headline: evil,
      why: evil,
      next: evil,
      evidence: { a: { name: evil, value: 1, tap: evil } },
    },
    { kind: "verdict", verdict: "critical", healthy: [evil] },
    {
      kind: "claim",
      study: evil,
      claim: evil,
      measured: 1,
      expected: 1,
      tolerance: 1,
      provenance: evil,
      pass: true,
    },
    {
      kind: "coverage",
      nodes: 1,
      measured: 0,
      approximated: [evil],
      skipped: [{ node: evil, reason: evil }],
    },
  ).replace("x.onnx", JSON.stringify(evil).slice(1, -1));
  const { page, complaints } = await pages.open(pages.drawText(results));
  await Pages.drawAll(page);
  expect(await page.evaluate(() => (window as unknown as { hacked?: number }).hacked)).toBeUndefined();
  expect(await page.locator("main img").count()).toBe(0);
  expect(await page.locator("h1").innerText()).toBe(evil);
  expect(complaints).toEqual([]);
  await page.context().close();
});

test("ten thousand readings are shown in part, the rest on request", async () => {
  const many = Array.from({ length: 10_000 }, (_, k) => ({
    kind: "reading",
    name: "gradient_correlation",
    case: `network ${k}`,
    type: "scalar",
    value: k,
  }));
  const { page, complaints } = await pages.open(pages.drawText(lines(...many)));
  await page.getByText("All 10000 as a table").click();
  await page.getByRole("button", { name: "Show all 10000 rows" }).click();
  expect(await page.locator("#numbers tbody tr").count()).toBe(10_000);
  expect(complaints).toEqual([]);
  await page.context().close();
});

test("256 x 256 matrices and profiles of 200 layers are single pictures and lines", async () => {
  const size = 256;
  const values = Array.from({ length: size * size }, (_, k) => ((k * 7919) % 1000) / 1000);
  const deep = Array.from({ length: 200 }, (_, k) => Math.exp(-k / 20));
  const matrix = {
    kind: "reading",
    name: "gradient_covariance",
    type: "matrix",
    shape: [size, size],
    values,
  };
  const { page, complaints } = await pages.open(
    pages.drawText(lines(matrix, profile("gradient_variance", deep))),
  );
  await Pages.drawAll(page);
  expect(await page.locator("#traces svg *").count()).toBeLessThan(100);
  const drawing = page.locator("#traces .drawing svg");
  await drawing.hover({ position: { x: 120, y: 80 } });
  expect(await drawing.locator(".said").textContent()).toMatch(
    /^input number \d+, input number \d+: 0\.?\d*/,
  );
  expect(await page.locator("#profiles svg *").count()).toBeLessThan(400);
  expect(complaints).toEqual([]);
  await page.context().close();
});

test("a file that is none is refused in one line", () => {
  for (const broken of ["", "{", '{"kind":"reading"}', lines() + "{"]) {
    let said = "";
    try {
      pages.drawText(broken);
    } catch (error) {
      said = String((error as { stderr: unknown }).stderr);
    }
    expect(said.trim().split("\n")).toHaveLength(1);
    expect(said).toContain("shatterproof: ");
  }
});

test("a graph without a node is left out", async () => {
  const { text, complaints } = await shownText(lines({ kind: "graph", nodes: [], edges: [] }));
  expect(text).toContain("x.onnx");
  expect(complaints).toEqual([]);
});

test("no script runs but the page's own", async () => {
  const { page } = await pages.open(pages.drawText(lines()));
  const ran = await page.evaluate(() => {
    const script = document.createElement("script");
    script.textContent = "document.title = 'taken over'";
    document.body.append(script);
    return document.title;
  });
  expect(ran).not.toBe("taken over");
  await page.context().close();
});
