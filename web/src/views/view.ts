// SPDX-License-Identifier: Apache-2.0

import type { Highlight } from "../highlight.ts";
import type { Reading, Results } from "../records.ts";
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
  /**
   * Whether this view draws the reading. A reading is drawn by the first view of the page that claims it; a view that
   * draws no readings claims none.
   */
  claims?(reading: Reading): boolean;
  /** `readings` are those that it got. */
  content(page: Page, readings: readonly Reading[]): Node[];
}
