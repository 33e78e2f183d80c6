// SPDX-License-Identifier: Apache-2.0
// Pages that the program drew, opened from disk in a real Chromium that may ask the network for nothing.

import { execFileSync } from "node:child_process";
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";

import type { BrowserContextOptions, Page } from "playwright-core";

import { WatchedBrowser, type Watched } from "./watched.ts";

const PROGRAM = process.env.SHATTERPROOF ?? "../build/dev/shatterproof";
const FIXTURES = join(fileURLToPath(import.meta.url), "..", "..", "fixtures");

/** Names as "check/sick". */
export function fixtures(): string[] {
  return readdirSync(FIXTURES).flatMap((folder) =>
    readdirSync(join(FIXTURES, folder)).map((file) => `${folder}/${basename(file, ".jsonl")}`),
  );
}

export class Pages {
  private readonly folder = mkdtempSync(join(tmpdir(), "report-"));
  private readonly browser = new WatchedBrowser();
  private drawn = 0;
  private readonly known = new Map<string, string>();

  /** Draws a results file as `shatterproof report` does. Throws what the program says when it refuses. */
  draw(results: string): string {
    const page = join(this.folder, `${this.drawn++}.html`);
    execFileSync(PROGRAM, ["report", results, "-o", page], { stdio: ["ignore", "ignore", "pipe"] });
    return page;
  }

  drawText(results: string): string {
    const file = join(this.folder, `${this.drawn++}.jsonl`);
    writeFileSync(file, results);
    return this.draw(file);
  }

  drawFixture(name: string): string {
    const page = this.known.get(name) ?? this.draw(join(FIXTURES, `${name}.jsonl`));
    this.known.set(name, page);
    return page;
  }

  async open(file: string, options: BrowserContextOptions = {}): Promise<Watched> {
    const watched = await this.browser.page((url) => /^(file|data|blob):/.test(url), options);
    await watched.page.goto(`file://${file}`);
    await watched.page.waitForSelector("main");
    return watched;
  }

  /** Draws every panel, not only those near the window. */
  static async drawAll(page: Page): Promise<void> {
    await page.evaluate(() => window.dispatchEvent(new Event("beforeprint")));
  }

  async close(): Promise<void> {
    await this.browser.close();
    rmSync(this.folder, { recursive: true });
  }
}
