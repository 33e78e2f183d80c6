// SPDX-License-Identifier: Apache-2.0
// A results file, as docs/results_format.md has it. Unknown keys and kinds are ignored: newer writers may add them.

import { placeByName } from "./cases.ts";
import { EPOCH_NAMES, epochCurves, type Epoch } from "./epochs.ts";
import { isObject, Line, type Json } from "./line.ts";
import type { CaseRecord, Claim, Coverage, Finding, Graph, Place, Reading, Results } from "./records.ts";

function readingOf(line: Line): Reading {
  const type = line.text("type");
  if (type !== "scalar" && type !== "curve" && type !== "histogram" && type !== "matrix") {
    throw new Error(`a reading of type "${type}" is unknown here`);
  }
  const scalar = type === "scalar";
  const error = line.optional("standard_error");
  const reason = line.text("undefined");
  const y = reason ? [] : scalar ? [line.number("value")] : line.numbers(type === "matrix" ? "values" : "y");
  const reading: Reading = {
    ...placeByName(line.text("case")),
    caseName: line.text("case"),
    name: line.text("name"),
    type,
    tap: line.text("tap"),
    depth: line.optional("depth") ?? line.optional("layer"),
    xName: line.text("x_name"),
    x: line.numbers("x"),
    labels: line.texts("x_labels"),
    y,
    shape: line.numbers("shape"),
    errors: scalar && error !== null ? [error] : line.numbers("standard_error"),
    geometric: line.text("mean") === "geometric",
    n: line.optional("n") ?? 1,
    undefinedCount: line.optional("undefined_count") ?? 0,
    bound: line.text("bound"),
    reason,
    functional: line.text("functional"),
    batchNorm: line.text("batch_norm"),
    theory: line.text("theory"),
    assumes: line.text("assumes"),
  };
  const sizes: Record<Reading["type"], number> = {
    scalar: 1,
    curve: reading.x.length,
    histogram: reading.x.length - 1,
    matrix: reading.shape.reduce((product, size) => product * size, 1),
  };
  if (!reason && sizes[type] !== y.length)
    throw new Error(`${reading.name} has axes that do not fit its values`);
  return reading;
}

function findingOf(line: Line): Finding {
  const severity = line.text("severity");
  const layers = line.numbers("layers");
  return {
    caseName: line.text("case"),
    id: line.text("id"),
    severity: severity === "critical" || severity === "watch" ? severity : "info",
    headline: line.text("headline"),
    layers: layers.length === 2 ? [layers[0] ?? 0, layers[1] ?? 0] : null,
    evidence: line.lines("evidence").map((entry) => ({
      name: entry.text("name"),
      tap: entry.text("tap"),
      value: entry.number("value"),
      bound: entry.text("bound"),
      error: entry.optional("standard_error"),
      healthy: entry.optional("healthy"),
      healthySide: entry.text("healthy_side"),
      theory: entry.optional("theory"),
    })),
    why: line.text("why"),
    next: line.text("next"),
    cause: line.text("cause"),
    confidence: line.text("confidence"),
  };
}

function claimOf(line: Line): Claim {
  return {
    study: line.text("study"),
    caseName: line.text("case"),
    sentence: line.text("claim"),
    measured: line.number("measured"),
    measuredError: line.optional("measured_standard_error"),
    expected: line.number("expected"),
    expectedError: line.optional("expected_standard_error"),
    tolerance: line.number("tolerance"),
    logarithmic: line.text("scale") === "log",
    provenance: line.text("provenance"),
    pass: line.is("pass"),
  };
}

/** Of a case of a sweep the name ends with its coordinate: what is before is the family's. */
function placeOf(line: Line): Place {
  const name = line.text("name");
  const [coordinate] = line.entries("at");
  const coordinates = [...line.entries("at"), ...line.wordEntries("choices")];
  if (coordinates.length > 1) return { family: name, grade: null, coordinates };
  if (!coordinate) return { ...placeByName(name), coordinates };
  const [axis, at] = coordinate;
  const said = `${axis} ${at}`;
  const family = name === said ? "" : name.endsWith(`, ${said}`) ? name.slice(0, -`, ${said}`.length) : name;
  return { family, grade: { name: axis, at }, coordinates };
}

function caseRecordOf(line: Line): CaseRecord {
  return {
    name: line.text("name"),
    place: placeOf(line),
    network: line.text("network"),
    inputs: line.text("inputs"),
    initializer: line.text("initializer"),
    functional: line.text("functional"),
    batchNorm: line.text("batch_norm"),
    seeds: line.optional("seeds") ?? 1,
  };
}

function epochOf(line: Line): Epoch {
  return {
    caseName: line.text("case"),
    epoch: line.number("epoch"),
    values: EPOCH_NAMES.map((name) => line.optional(name)),
  };
}

function coverageOf(line: Line): Coverage {
  return {
    caseName: line.text("case"),
    nodes: line.number("nodes"),
    measured: line.number("measured"),
    approximated: line.texts("approximated"),
    skipped: line
      .lines("skipped")
      .map((entry) => ({ node: entry.text("node"), reason: entry.text("reason") })),
  };
}

function graphOf(line: Line): Graph {
  const nodes = line.lines("nodes").map((entry) => ({
    name: entry.text("name"),
    operator: entry.text("operator"),
    depth: entry.optional("depth") ?? 0,
    layer: entry.optional("layer") ?? 0,
    taps: entry.texts("taps"),
  }));
  const edges = (["edges", "skips"] as const).flatMap((key) =>
    line.pairs(key).map(([from, to]) => ({ from, to, skip: key === "skips" })),
  );
  if (edges.some(({ from, to }) => !nodes[from] || !nodes[to])) throw new Error("an edge leads to no node");
  return { caseName: line.text("case"), nodes, edges };
}

function add(results: Results, epochs: Epoch[], json: Json): void {
  const line = new Line(json);
  switch (json.kind) {
    case "case":
      results.cases.push(caseRecordOf(line));
      break;
    case "reading":
      results.readings.push(readingOf(line));
      break;
    case "prediction":
      results.predictions.push(readingOf(line));
      break;
    case "finding":
      results.findings.push(findingOf(line));
      break;
    case "verdict":
      results.verdicts.push({ verdict: line.text("verdict"), healthy: line.texts("healthy") });
      break;
    case "claim":
      results.claims.push(claimOf(line));
      break;
    case "epoch":
      epochs.push(epochOf(line));
      break;
    case "coverage":
      results.coverage.push(coverageOf(line));
      break;
    case "graph":
      results.graphs.push(graphOf(line));
      break;
  }
}

function parsedLine(text: string, number: number): Json {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    throw new Error(`line ${number}: every line must be one JSON object`);
  }
  if (!isObject(json)) throw new Error(`line ${number}: every line must be one JSON object`);
  return json;
}

/** Reads the text of a results file. Throws one line of text, with the number of the line that is none. */
export function parseResults(text: string): Results {
  const lines = text.split("\n").map((line) => line.trim());
  const first = lines.findIndex((line) => line !== "");
  if (first < 0) throw new Error("the results are empty; a results file begins with its context");
  const context = parsedLine(lines[first] ?? "", 1);
  if (context.kind !== "context") throw new Error("line 1: the first line is the context");
  if (typeof context.schema !== "number" || context.schema > 2) {
    throw new Error("line 1: this page reads results up to schema 2; a newer program drew them");
  }
  const results: Results = {
    context,
    cases: [],
    graphs: [],
    readings: [],
    predictions: [],
    findings: [],
    verdicts: [],
    claims: [],
    coverage: [],
    remarks: [],
  };
  const epochs: Epoch[] = [];
  lines.slice(first + 1).forEach((line, index) => {
    if (line === "") return;
    const json = parsedLine(line, index + 2);
    try {
      add(results, epochs, json);
    } catch (error) {
      results.remarks.push(`line ${index + 2}: ${error instanceof Error ? error.message : String(error)}`);
    }
  });
  results.readings.push(...epochCurves(epochs));
  const places = new Map(results.cases.map(({ name, place }) => [name, place]));
  const placed = (reading: Reading): Reading => ({ ...reading, ...places.get(reading.caseName) });
  return {
    ...results,
    readings: results.readings.map(placed),
    predictions: results.predictions.map(placed),
  };
}
