// SPDX-License-Identifier: Apache-2.0
// laboratory.mjs ADDRESS PICTURE: a PNG of the laboratory that is served there.
import { chromium } from "playwright-core";

const [, , address, path] = process.argv;
const browser = await chromium.launch({
  executablePath: process.env.SHATTERPROOF_CHROMIUM ?? "/usr/bin/chromium",
  args: ["--no-sandbox"],
});
const page = await browser.newPage({ viewport: { width: 1280, height: 820 }, deviceScaleFactor: 0.75 });
await page.goto(`${address}#depth=24&norm=center&story=white_noise.4`);
await page.waitForSelector('.results[aria-busy="false"] .quick section');
await page.waitForSelector(".slow:not(.outdated) section");
await page.screenshot({ path });
await browser.close();
