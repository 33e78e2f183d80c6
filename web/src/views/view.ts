// SPDX-License-Identifier: Apache-2.0

import type { Highlight } from "../highlight.ts";
import type { Results } from "../records.ts";
import type { Terms } from "../terms.ts";

/** What every view is drawn from. */
export interface Page {
  readonly results: Results;
  readonly terms: Terms;
  readonly highlight: Highlight;
}

/** A part of the page; nothing when the results hold nothing for it. */
export interface View {
  readonly id: string;
  readonly title: string;
  content(page: Page): Node[];
}
