// SPDX-License-Identifier: Apache-2.0
import { readFileSync, renameSync, writeFileSync } from "node:fs";

import { defineConfig, type Plugin } from "vite";
import { viteSingleFile } from "vite-plugin-singlefile";

import { licences } from "./tools/licences.ts";

// The page bears the name of what it is, and the licences of what is in it.
function finish(): Plugin {
  return {
    name: "finish",
    closeBundle() {
      const page = readFileSync("dist/index.html", "utf8");
      const body = page.lastIndexOf("</body>");
      writeFileSync("dist/index.html", page.slice(0, body) + licences() + page.slice(body));
      renameSync("dist/index.html", "dist/report.html");
    },
  };
}

export default defineConfig({
  base: "./",
  build: { target: "es2022", modulePreload: false, reportCompressedSize: false },
  plugins: [viteSingleFile({ removeViteModuleLoader: true }), finish()],
});
