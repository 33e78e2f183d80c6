// SPDX-License-Identifier: Apache-2.0
import { createHash } from "node:crypto";
import { readFileSync, renameSync, writeFileSync } from "node:fs";

import { defineConfig, type Plugin } from "vite";
import { viteSingleFile } from "vite-plugin-singlefile";

import { licences } from "./tools/licences.ts";

// One page for each mode of the build; the first empties the folder.
const PAGES = {
  report: { source: "index.html", first: true },
  laboratory: { source: "laboratory.html", first: false },
} as const;

// The only script that may run is the page's own, known by its hash: nothing that a results file brings.
function allowingItsScript(page: string): string {
  const script = /<script type="module"[^>]*>([\s\S]*?)<\/script>/.exec(page)?.[1];
  if (script === undefined) throw new Error("the page has no script");
  const hash = createHash("sha256").update(script).digest("base64");
  return page.replace("@script@", `'sha256-${hash}'`);
}

// The page bears the name of what it is, and the licences of what is in it.
function finish(name: keyof typeof PAGES): Plugin {
  return {
    name: "finish",
    closeBundle() {
      const made = `dist/${PAGES[name].source}`;
      const page = allowingItsScript(readFileSync(made, "utf8"));
      const body = page.lastIndexOf("</body>");
      writeFileSync(made, page.slice(0, body) + licences() + page.slice(body));
      renameSync(made, `dist/${name}.html`);
    },
  };
}

export default defineConfig(({ mode }) => {
  const name = mode === "laboratory" ? "laboratory" : "report";
  return {
    base: "./",
    build: {
      target: "es2022",
      modulePreload: false,
      reportCompressedSize: false,
      emptyOutDir: PAGES[name].first,
      rollupOptions: { input: PAGES[name].source },
    },
    plugins: [viteSingleFile({ removeViteModuleLoader: true }), finish(name)],
  };
});
