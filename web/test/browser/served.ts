// SPDX-License-Identifier: Apache-2.0
// The laboratory, served by the program and opened in a real Chromium that may ask nobody else.

import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";

import { chromium, type Browser, type BrowserContextOptions, type Page } from "playwright-core";

const PROGRAM = process.env.SHATTERPROOF ?? "../build/dev/shatterproof";

export interface Served {
  readonly page: Page;
  /** Errors of scripts, and requests that leave the laboratory. */
  readonly complaints: string[];
}

export class Laboratory {
  private browser: Browser | null = null;

  private constructor(
    private readonly child: ChildProcess,
    readonly address: string,
  ) {}

  static async start(...words: string[]): Promise<Laboratory> {
    const child = spawn(PROGRAM, ["lab", "--no-browser", ...words], { stdio: ["ignore", "pipe", "ignore"] });
    const [line] = (await once(createInterface(child.stdout), "line")) as [string];
    return new Laboratory(child, line);
  }

  async open(hash = "", options: BrowserContextOptions = {}): Promise<Served> {
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
      const url = request.url();
      if (!url.startsWith(this.address) && !/^(data|blob):/.test(url)) complaints.push(`asks for ${url}`);
    });
    await page.goto(`${this.address}${hash}`);
    await Laboratory.drawn(page);
    return { page, complaints };
  }

  /** Waits until everything of the present state is there. */
  static async drawn(page: Page): Promise<void> {
    await page.waitForSelector('.results[aria-busy="false"] .quick section');
    await page.waitForSelector(".slow:not(.outdated)");
  }

  /** Ends it as Ctrl-C does. */
  async end(): Promise<void> {
    await this.browser?.close();
    const ended = once(this.child, "exit");
    this.child.kill("SIGINT");
    await ended;
  }
}
