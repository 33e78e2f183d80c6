// SPDX-License-Identifier: Apache-2.0

import { againstGrade, speaksOf } from "../cases.ts";
import { endsOf } from "../charts/domain.ts";
import type { Reading } from "../records.ts";
import { curvesFigure } from "./curves.ts";
import type { Page } from "./view.ts";

/** Numbers of cases that differ in depth, or in the step of training, as curves against it. */
export function gradedFigure(name: string, readings: readonly Reading[], page: Page): HTMLElement | null {
  const graded = readings.filter(({ grade }) => grade);
  const predictions = page.results.predictions.filter((prediction) =>
    graded.some((reading) => speaksOf(prediction, reading)),
  );
  const ends = endsOf(graded.map(({ grade }) => grade?.at ?? NaN));
  const against = graded[0]?.grade?.name ?? "depth";
  return curvesFigure(
    {
      name,
      readings: againstGrade(graded),
      ...(ends && ends[0] < ends[1] ? { xDomain: ends } : {}),
      file: `${name}_against_${against}`,
      title: `${page.terms.title(name)} ${against === "step" ? "during training" : `against ${against}`}`,
    },
    { ...page, results: { ...page.results, predictions: againstGrade(predictions) } },
  );
}
