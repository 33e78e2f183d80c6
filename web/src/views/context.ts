// SPDX-License-Identifier: Apache-2.0

import { element, table } from "../element.ts";
import { words } from "../number.ts";
import type { CaseRecord } from "../records.ts";
import type { Page, View } from "./view.ts";

const NAMES: Readonly<Record<string, string>> = {
  command: "command",
  network: "network or study",
  inputs: "inputs",
  initializer: "initial weights",
  examples: "examples in a batch",
  seed: "first seed",
  seeds: "draws",
  functional: "what is differentiated",
  batch_norm: "batch norm statistics",
  dtype: "numbers",
  device: "device",
  threads: "threads",
  version: "shatterproof",
  libtorch: "LibTorch",
  date: "date",
};
const SHOWN_ELSEWHERE = new Set(["kind", "schema", "title", "reference", "note", "know", "non_finite"]);

function textOf(value: unknown): string {
  return typeof value === "string" || typeof value === "number" ? String(value) : JSON.stringify(value);
}

function casesTable(cases: readonly CaseRecord[]): HTMLElement {
  const rows = cases.map((record) => [
    record.name,
    element("code", {}, record.network),
    record.inputs,
    record.initializer,
    record.functional,
    record.batchNorm,
    String(record.seeds),
  ]);
  const head = ["case", "network", "inputs", "initial weights", "differentiated", "batch norm", "draws"];
  return element(
    "details",
    {},
    element("summary", {}, `The ${cases.length} networks`),
    table(head, rows, "The cases of the study"),
  );
}

export const context: View = {
  id: "context",
  title: "How this was made",
  content({ results }: Page): Node[] {
    const known = Object.keys(NAMES).filter((key) => key in results.context);
    const others = Object.keys(results.context).filter((key) => !(key in NAMES) && !SHOWN_ELSEWHERE.has(key));
    const entries = [...known, ...others].flatMap((key) => {
      const text = textOf(results.context[key]);
      if (text === "" || text === '""' || (key === "examples" && text === "0")) return [];
      const value = key === "command" ? element("code", {}, text) : text;
      return [element("dt", {}, NAMES[key] ?? words(key)), element("dd", {}, value)];
    });
    const licences = document.querySelector<HTMLTemplateElement>("template#licences");
    const notices =
      licences &&
      element(
        "details",
        {},
        element("summary", {}, "Licences of what this page is built from"),
        licences.content.cloneNode(true),
      );
    const networks = results.cases.length > 0 ? [casesTable(results.cases)] : [];
    return [element("dl", {}, ...entries), ...networks, ...(notices ? [notices] : [])];
  },
};
