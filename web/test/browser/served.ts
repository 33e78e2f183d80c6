// SPDX-License-Identifier: Apache-2.0
// The laboratory, served by the program and opened in a real Chromium that may ask nobody else.

import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";

import type { BrowserContextOptions, Page } from "playwright-core";

import { WatchedBrowser, type Watched } from "./watched.ts";

const PROGRAM = process.env.SHATTERPROOF ?? "../build/dev/shatterproof";

export class Laboratory {
  private readonly browser = new WatchedBrowser();

  private constructor(
    private readonly child: ChildProcess,
    readonly address: string,
  ) {}

  static async start(...words: string[]): Promise<Laboratory> {
    const child = spawn(PROGRAM, ["lab", "--no-browser", ...words], { stdio: ["ignore", "pipe", "ignore"] });
    const [line] = (await once(createInterface(child.stdout), "line")) as [string];
    return new Laboratory(child, line);
  }

  async open(hash = "", options: BrowserContextOptions = {}): Promise<Watched> {
    const isItsOwn = (url: string): boolean => url.startsWith(this.address) || /^(data|blob):/.test(url);
    const watched = await this.browser.page(isItsOwn, options);
    await watched.page.goto(`${this.address}${hash}`);
    await Laboratory.drawn(watched.page);
    return watched;
  }

  /** Waits until everything of the present state is there. */
  static async drawn(page: Page): Promise<void> {
    await page.waitForSelector('.results:not(.outdated)[aria-busy="false"] .quick section');
    await page.waitForSelector(".slow:not(.outdated)");
  }

  /** Ends it as Ctrl-C does. */
  async end(): Promise<void> {
    await this.browser.close();
    const ended = once(this.child, "exit");
    this.child.kill("SIGINT");
    await ended;
  }
}
