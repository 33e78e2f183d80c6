// SPDX-License-Identifier: Apache-2.0
// The records of a results file, ready to be shown; docs/results_format.md says what they mean.

/** What the cases of a sweep differ in, and where one of them stands: depth 10. */
export interface Grade {
  readonly name: string;
  readonly at: number;
}

/** Where a case stands on one axis of a sweep. */
export type Coordinate = readonly [string, number | string];

/** Of a case: networks that differ in depth only share their family; of training, what differs in the step. */
export interface Place {
  readonly family: string;
  /** None for a case that stands alone. */
  readonly grade: Grade | null;
  /** In a sweep, numbers first. */
  readonly coordinates: readonly Coordinate[];
}

/** What a measurement found or a theory predicts. A scalar has one entry in `y`, a matrix `shape` and `y` row-major. */
export interface Reading extends Place {
  readonly caseName: string;
  readonly name: string;
  readonly type: "scalar" | "curve" | "histogram" | "matrix";
  readonly tap: string;
  /** Nonlinearities from the input to its tap. */
  readonly depth: number | null;
  readonly xName: string;
  readonly x: readonly number[];
  readonly labels: readonly string[];
  readonly y: readonly number[];
  readonly shape: readonly number[];
  /** One per value, or empty. */
  readonly errors: readonly number[];
  /** Whether it is a geometric mean over draws. */
  readonly geometric: boolean;
  readonly n: number;
  readonly undefinedCount: number;
  readonly bound: string;
  /** Why there is no number; empty when there is. */
  readonly reason: string;
  readonly functional: string;
  readonly batchNorm: string;
  /** Of a prediction. */
  readonly theory: string;
  readonly assumes: string;
}

export interface Evidence {
  readonly name: string;
  readonly tap: string;
  readonly value: number;
  readonly bound: string;
  readonly error: number | null;
  readonly healthy: number | null;
  readonly healthySide: string;
  readonly theory: number | null;
}

export type Severity = "info" | "watch" | "critical";

export interface Finding {
  readonly caseName: string;
  readonly id: string;
  readonly severity: Severity;
  readonly headline: string;
  readonly layers: readonly [number, number] | null;
  readonly evidence: readonly Evidence[];
  readonly why: string;
  readonly next: string;
  /** The id of the finding that it follows from, or empty. */
  readonly cause: string;
  readonly confidence: string;
}

export interface Claim {
  readonly study: string;
  readonly caseName: string;
  readonly sentence: string;
  readonly measured: number;
  readonly measuredError: number | null;
  readonly expected: number;
  readonly expectedError: number | null;
  readonly tolerance: number;
  /** Whether the tolerance is of log(measured / expected), not of their difference. */
  readonly logarithmic: boolean;
  readonly provenance: string;
  readonly pass: boolean;
}

export interface Coverage {
  readonly caseName: string;
  readonly nodes: number;
  readonly measured: number;
  readonly approximated: readonly string[];
  readonly skipped: readonly { readonly node: string; readonly reason: string }[];
}

/** One of several networks, and how it was drawn and run. */
export interface CaseRecord {
  readonly name: string;
  readonly place: Place;
  readonly network: string;
  readonly inputs: string;
  readonly initializer: string;
  readonly functional: string;
  readonly batchNorm: string;
  readonly seeds: number;
}

export interface GraphNode {
  readonly name: string;
  readonly operator: string;
  readonly depth: number;
  readonly layer: number;
  readonly taps: readonly string[];
}

export interface Graph {
  readonly caseName: string;
  readonly nodes: readonly GraphNode[];
  readonly edges: readonly { readonly from: number; readonly to: number; readonly skip: boolean }[];
}

export interface Verdict {
  readonly verdict: string;
  readonly healthy: readonly string[];
}

export interface Results {
  readonly context: Readonly<Record<string, unknown>>;
  readonly cases: CaseRecord[];
  readonly graphs: Graph[];
  readonly readings: Reading[];
  readonly predictions: Reading[];
  readonly findings: Finding[];
  readonly verdicts: Verdict[];
  readonly claims: Claim[];
  readonly coverage: Coverage[];
  /** Records that could not be shown, and why. */
  readonly remarks: string[];
}
