// SPDX-License-Identifier: Apache-2.0
// screenshots.mjs PAGES PICTURES: a PNG of the telling part of each page.
import { mkdirSync } from "node:fs";
import { join, resolve } from "node:path";

import { chromium } from "playwright-core";

const SHOTS = [
  { page: "check_sick", width: 1000, height: 1180, scheme: "light" },
  { page: "check_healthy", width: 1000, height: 760, scheme: "dark" },
  { page: "figure_1", width: 1240, part: "#traces", scale: 0.6 },
  { page: "figure_2", width: 1100, part: "#autocorrelation" },
  { page: "effective_depth", width: 1100, part: "#effective_depth" },
  { page: "training", width: 1100, part: "#training" },
];

const [, , pages, pictures] = process.argv;
mkdirSync(pictures, { recursive: true });
const browser = await chromium.launch({
  executablePath: process.env.SHATTERPROOF_CHROMIUM ?? "/usr/bin/chromium",
  args: ["--no-sandbox"],
});
for (const { page: name, width, height = 900, part, scheme = "light", scale = 1 } of SHOTS) {
  const page = await browser.newPage({
    viewport: { width, height },
    colorScheme: scheme,
    deviceScaleFactor: scale,
  });
  await page.goto(`file://${resolve(pages, `${name}.html`)}`);
  await page.waitForSelector("main");
  await page.evaluate(() => window.dispatchEvent(new Event("beforeprint")));
  // The bar stays at the window's top and would lie over a part that is higher than the window.
  await page.addStyleTag({ content: ".bar { position: static !important }" });
  const path = join(pictures, `${name}.png`);
  if (part) await page.locator(part).screenshot({ path });
  else await page.screenshot({ path });
  await page.close();
}
await browser.close();
