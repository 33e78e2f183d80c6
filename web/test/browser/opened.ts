// SPDX-License-Identifier: Apache-2.0
// Pages that the program drew, opened from disk in a real Chromium that may ask the network for nothing.

import { execFileSync } from "node:child_process";
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";

import { chromium, type Browser, type BrowserContextOptions, type Page } from "playwright-core";

const PROGRAM = process.env.SHATTERPROOF ?? "../build/dev/shatterproof";
const FIXTURES = join(fileURLToPath(import.meta.url), "..", "..", "fixtures");

export interface Opened {
  readonly page: Page;
  /** What a user would not see: errors of scripts, and requests that leave the file. */
  readonly complaints: string[];
}

/** Names as "check/sick". */
export function fixtures(): string[] {
  return readdirSync(FIXTURES).flatMap((folder) =>
    readdirSync(join(FIXTURES, folder)).map((file) => `${folder}/${basename(file, ".jsonl")}`),
  );
}

export class Pages {
  private readonly folder = mkdtempSync(join(tmpdir(), "report-"));
  private browser: Browser | null = null;
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

  async open(file: string, options: BrowserContextOptions = {}): Promise<Opened> {
    this.browser ??= await chromium.launch({
      executablePath: process.env.SHATTERPROOF_CHROMIUM ?? "/usr/bin/chromium",
      args: ["--no-sandbox"],
    });
    const context = await this.browser.newContext({
      viewport: { width: 1280, height: 900 },
      acceptDownloads: true,
      ...options,
    });
    const page = await context.newPage();
    const complaints: string[] = [];
    page.on("console", (message) => message.type() === "error" && complaints.push(message.text()));
    page.on("pageerror", (error) => complaints.push(error.message));
    page.on("request", (request) => {
      if (!/^(file|data|blob):/.test(request.url())) complaints.push(`asks for ${request.url()}`);
    });
    await page.goto(`file://${file}`);
    await page.waitForSelector("main");
    return { page, complaints };
  }

  /** Draws every panel, not only those near the window. */
  static async drawAll(page: Page): Promise<void> {
    await page.evaluate(() => window.dispatchEvent(new Event("beforeprint")));
  }

  async close(): Promise<void> {
    await this.browser?.close();
    rmSync(this.folder, { recursive: true });
  }
}
