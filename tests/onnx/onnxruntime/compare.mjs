// SPDX-License-Identifier: Apache-2.0
// compare.mjs FOLDER MODULES: runs FOLDER/NAME.onnx on FOLDER/NAME/inputs/*.npy in the ONNX Runtime installed
// under MODULES and compares with outputs/*.npy. Exit 1 when any output is further off than kTolerance.
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join, resolve } from "node:path";

const [folder, modules] = process.argv.slice(2).map((path) => resolve(path));
const ort = createRequire(join(modules, "package.json"))("onnxruntime-node");

// Of the largest number of the output: float32 sums in another order.
const kTolerance = 1e-5;

const kArrays = { "<f4": [Float32Array, "float32"], "<i8": [BigInt64Array, "int64"], "<i4": [Int32Array, "int32"] };

function readNpy(path) {
  const bytes = readFileSync(path); // may lie inside a larger pool
  const headerBytes = bytes.readUInt16LE(8);
  const header = bytes.toString("latin1", 10, 10 + headerBytes);
  const [array, type] = kArrays[/'descr': '([^']*)'/.exec(header)[1]];
  const dims = /'shape': \(([^)]*)\)/.exec(header)[1].split(",").filter((text) => text.trim()).map(Number);
  return { data: new array(bytes.buffer.slice(bytes.byteOffset + 10 + headerBytes, bytes.byteOffset + bytes.length)), type, dims };
}

function readAll(path) {
  const count = readdirSync(path).length;
  return Array.from({ length: count }, (_, i) => readNpy(join(path, `${i}.npy`)));
}

function difference(found, expected) {
  if (String(found.dims) !== String(expected.dims)) return Infinity;
  let largest = 0, scale = 1e-30;
  for (let i = 0; i < expected.data.length; ++i) {
    const off = Math.abs(Number(found.data[i]) - Number(expected.data[i]));
    largest = Number.isNaN(off) ? Infinity : Math.max(largest, off);
    scale = Math.max(scale, Math.abs(Number(expected.data[i])));
  }
  return largest / scale;
}

async function compare(name) {
  // Its graph optimizer replaces batch statistics whose updated running statistics nobody reads by wrong ones.
  const options = { graphOptimizationLevel: "disabled", logSeverityLevel: 3 };
  const session = await ort.InferenceSession.create(join(folder, `${name}.onnx`), options);
  const feeds = {};
  readAll(join(folder, name, "inputs")).forEach((input, i) => {
    feeds[session.inputNames[i]] = new ort.Tensor(input.type, input.data, input.dims);
  });
  const results = await session.run(feeds);
  const expected = readAll(join(folder, name, "outputs"));
  return Math.max(...expected.map((output, i) => difference(results[session.outputNames[i]], output)));
}

const names = readdirSync(folder).filter((file) => file.endsWith(".onnx")).map((file) => file.slice(0, -5)).sort();
let failures = names.length === 0 ? 1 : 0;
for (const name of names) {
  let verdict;
  try {
    if (!existsSync(join(folder, name))) throw new Error("no inputs and outputs beside it");
    const off = await compare(name);
    verdict = `${off <= kTolerance ? "ok  " : "FAIL"} ${off.toExponential(1)}`;
  } catch (error) {
    verdict = `FAIL ${error.message.split("\n")[0]}`;
  }
  if (verdict.startsWith("FAIL")) ++failures;
  console.log(`${verdict}  ${name}`);
}
console.log(`${names.length - failures} of ${names.length} networks give the same outputs in ONNX Runtime ${ort.env.versions.node}`);
process.exit(failures === 0 ? 0 : 1);
