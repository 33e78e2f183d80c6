// SPDX-License-Identifier: Apache-2.0
// thin.mjs IN OUT: a results file small enough to keep: matrices and long curves with every k-th number only, and
// histograms of the first, tenth and last layers. Everything else stays as the program wrote it.
import { readFileSync, writeFileSync } from "node:fs";

const MOST = 32;
const LAYERS = [1, 10, 50];

function every(list, step) {
  return list?.filter((_, index) => index % step === 0);
}

function thinMatrix(record) {
  const [rows, columns] = record.shape;
  const steps = [Math.ceil(rows / MOST), Math.ceil(columns / MOST)];
  const kept = (index) => Math.floor(index / columns) % steps[0] === 0 && (index % columns) % steps[1] === 0;
  record.shape = [Math.ceil(rows / steps[0]), Math.ceil(columns / steps[1])];
  record.values = record.values.filter((_, index) => kept(index));
  if (record.standard_error) record.standard_error = record.standard_error.filter((_, index) => kept(index));
}

function thinCurve(record) {
  const step = Math.ceil(record.x.length / (2 * MOST));
  for (const key of ["x", "x_labels", "y", "standard_error"])
    if (record[key]) record[key] = every(record[key], step);
}

function thin(record) {
  if (record.type === "histogram" && !LAYERS.includes(record.depth)) return null;
  if (record.type === "matrix" && record.shape) thinMatrix(record);
  if (record.type === "curve" && record.x) thinCurve(record);
  return record;
}

const [, , source, destination] = process.argv;
const records = readFileSync(source, "utf8")
  .trim()
  .split("\n")
  .map((line) => thin(JSON.parse(line)));
writeFileSync(
  destination,
  records
    .filter(Boolean)
    .map((record) => JSON.stringify(record) + "\n")
    .join(""),
);
