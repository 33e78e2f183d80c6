// SPDX-License-Identifier: Apache-2.0
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

interface Package {
  name: string;
  version: string;
  license?: string;
  dependencies?: Record<string, string>;
}

// What the page is bundled from; what these depend on comes along.
const BUNDLED = ["@observablehq/plot", "@dagrejs/dagre"];

function folderOf(name: string): string {
  return join("node_modules", name);
}

function packageOf(name: string): Package {
  return JSON.parse(readFileSync(join(folderOf(name), "package.json"), "utf8")) as Package;
}

function withDependencies(names: string[]): string[] {
  const found = new Set<string>();
  const add = (name: string): void => {
    if (found.has(name) || !existsSync(folderOf(name))) return;
    found.add(name);
    Object.keys(packageOf(name).dependencies ?? {}).forEach(add);
  };
  names.forEach(add);
  return [...found].sort();
}

function licenceText(name: string): string {
  const file = readdirSync(folderOf(name)).find((entry) => /^licen[cs]e/i.test(entry));
  return file ? readFileSync(join(folderOf(name), file), "utf8").trim() : "";
}

/** The copyright notices and licences of every bundled package, each text once, as an element that is not shown. */
export function licences(): string {
  const users = new Map<string, string[]>();
  for (const name of withDependencies(BUNDLED)) {
    const { version, license } = packageOf(name);
    const text = licenceText(name) || `License: ${license ?? "not stated"}`;
    users.set(text, [...(users.get(text) ?? []), `${name} ${version}`]);
  }
  const notices = [...users].map(([text, names]) => `${names.join(", ")}\n\n${text}`).join("\n\n---\n\n");
  const escaped = notices.replaceAll("&", "&amp;").replaceAll("<", "&lt;");
  return `<template id="licences"><pre>Parts of this page are\n\n${escaped}</pre></template>\n`;
}
