// SPDX-License-Identifier: Apache-2.0
// Epochs of training, a record each, as curves over them.

import { grouped, placeByName } from "./cases.ts";
import type { Reading } from "./records.ts";

export const EPOCH_NAMES = [
  "train_loss",
  "test_loss",
  "train_accuracy",
  "test_accuracy",
  "learning_rate",
  "images_per_second",
] as const;

export interface Epoch {
  readonly caseName: string;
  readonly epoch: number;
  /** In the order of EPOCH_NAMES; null where there is none. */
  readonly values: readonly (number | null)[];
}

function curve(caseName: string, name: string, points: readonly [number, number][]): Reading {
  return {
    ...placeByName(caseName),
    caseName,
    name,
    type: "curve",
    tap: "",
    depth: null,
    xName: "epoch",
    x: points.map(([epoch]) => epoch),
    labels: [],
    y: points.map(([, value]) => value),
    shape: [],
    errors: [],
    geometric: false,
    n: 1,
    undefinedCount: 0,
    bound: "",
    reason: "",
    functional: "",
    batchNorm: "",
    theory: "",
    assumes: "",
  };
}

export function epochCurves(epochs: readonly Epoch[]): Reading[] {
  const cases = [...grouped(epochs, ({ caseName }) => caseName)];
  return cases.flatMap(([caseName, own]) =>
    EPOCH_NAMES.flatMap((name, index) => {
      const points = own.flatMap(({ epoch, values }): [number, number][] => {
        const value = values[index] ?? null;
        return value === null ? [] : [[epoch, value]];
      });
      return points.length ? [curve(caseName, name, points)] : [];
    }),
  );
}
