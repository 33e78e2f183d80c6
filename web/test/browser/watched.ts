// SPDX-License-Identifier: Apache-2.0
// A real Chromium whose pages are watched: what they ask for, and what goes wrong in them that a user would not see.

import { chromium, type Browser, type BrowserContextOptions, type Page } from "playwright-core";

export interface Watched {
  readonly page: Page;
  /** Errors of scripts, and requests that the page must not make. */
  readonly complaints: string[];
}

export class WatchedBrowser {
  private browser: Browser | null = null;

  /** An empty page; `mayAsk` says of an address whether it may be asked for. */
  async page(mayAsk: (url: string) => boolean, options: BrowserContextOptions = {}): Promise<Watched> {
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
      if (!mayAsk(url)) complaints.push(`asks for ${url}`);
    });
    return { page, complaints };
  }

  async close(): Promise<void> {
    await this.browser?.close();
  }
}
