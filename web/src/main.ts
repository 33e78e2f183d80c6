// SPDX-License-Identifier: Apache-2.0
import "./style.css";

import { element } from "./element.ts";
import { pageOf } from "./page.ts";
import { parseResults } from "./results.ts";
import { take } from "./take.ts";
import { Terms } from "./terms.ts";

function textOf(id: string): string {
  return document.getElementById(id)?.textContent ?? "";
}

function show(): void {
  const place = document.getElementById("page");
  if (!place) return;
  try {
    place.replaceChildren(...pageOf(parseResults(textOf("results")), new Terms(textOf("measurements"))));
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    place.replaceChildren(
      element(
        "main",
        {},
        element("h1", {}, "No report"),
        element("p", { role: "alert" }, `These results cannot be shown: ${reason}`),
      ),
    );
  }
}

show();
void take(location.hash);
