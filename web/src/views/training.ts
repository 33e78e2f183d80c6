// SPDX-License-Identifier: Apache-2.0
// How training went: loss, accuracy and learning rate, and what was measured on the way.

import { caseNames, grades, grouped, renamed } from "../cases.ts";
import { element } from "../element.ts";
import { shown } from "../number.ts";
import type { Reading } from "../records.ts";
import { curvesFigure, shareOnePanel } from "./curves.ts";
import { gradedFigure } from "./graded.ts";
import type { Page, View } from "./view.ts";

const SPEED = "images_per_second";

/** What training and test examples show, side by side in one picture when there is one network. */
const PAIRS = [
  {
    of: "loss",
    title: "Loss",
    caption: "Mean over the examples: of training as its steps saw them, of the test after an epoch.",
  },
  { of: "accuracy", title: "Accuracy", caption: "Part of the examples whose label has the largest output." },
] as const;

const CAPTIONS: Readonly<Record<string, string>> = {
  train_loss: "Mean over the training examples of an epoch, as its steps saw them.",
  test_loss: "Mean over the test examples after an epoch.",
  train_accuracy:
    "Part of the training examples whose label has the largest output, as the steps of an epoch saw them.",
  test_accuracy: "Part of the test examples whose label has the largest output, after an epoch.",
  learning_rate: "Of the last step of an epoch.",
};

/** Whether a number was read on the way, and is a point of a curve over steps. */
function isDuringTraining({ type, grade }: Reading): boolean {
  return type === "scalar" && grade?.name === "step";
}

function isOverEpochs({ type, xName }: Reading): boolean {
  return type === "curve" && xName === "epoch";
}

function pairFigure(
  pair: (typeof PAIRS)[number],
  readings: readonly Reading[],
  page: Page,
): HTMLElement | null {
  const own = (["train", "test"] as const).flatMap((part) =>
    readings
      .filter(({ name }) => name === `${part}_${pair.of}`)
      .map((reading) => ({ ...renamed(reading, part === "train" ? "training" : "test"), name: pair.of })),
  );
  return curvesFigure({ ...pair, name: pair.of, readings: own, height: 190 }, page);
}

function ofOneNetwork(readings: readonly Reading[], page: Page): (HTMLElement | null)[] {
  const paired = new Set<string>(PAIRS.flatMap(({ of }) => [`train_${of}`, `test_${of}`]));
  const others = readings.filter(({ name }) => !paired.has(name));
  return [...PAIRS.map((pair) => pairFigure(pair, readings, page)), ...ofSeveral(others, page)];
}

function captionOf(name: string): { caption?: string } {
  const caption = CAPTIONS[name];
  return caption ? { caption } : {};
}

function ofSeveral(readings: readonly Reading[], page: Page): (HTMLElement | null)[] {
  return [...grouped(readings, ({ name }) => name)].map(([name, own]) =>
    curvesFigure({ name, readings: own, height: 190, ...captionOf(name) }, page),
  );
}

/** What networks of several depths had come to after their last epoch. */
function reachedAgainstDepth(readings: readonly Reading[], page: Page): (HTMLElement | null)[] {
  const accuracies = readings.filter(({ name }) => name.endsWith("_accuracy"));
  return [...grouped(accuracies, ({ name }) => name)].map(([name, own]) => {
    if (grades(own).length < 2) return null;
    const last = own.map((reading) => ({
      ...reading,
      y: reading.y.slice(-1),
      errors: reading.errors.slice(-1),
    }));
    return gradedFigure(name, last, page);
  });
}

function onTheWay(readings: readonly Reading[]): [string, Reading[]][] {
  const read = readings.filter(isDuringTraining);
  return [...grouped(read, ({ name, tap }) => `${name}\n${tap}`).values()].map((own) => [
    own[0]?.name ?? "",
    own,
  ]);
}

function speedOf(readings: readonly Reading[]): string {
  const speeds = readings.filter(({ name }) => name === SPEED).flatMap(({ y }) => y);
  const timed = speeds.filter((speed) => speed > 0);
  if (timed.length === 0) return "";
  return `${shown(timed.reduce((sum, speed) => sum + speed, 0) / timed.length)} images per second.`;
}

export const training: View = {
  id: "training",
  title: "Training",
  claims: (reading) => isOverEpochs(reading) || isDuringTraining(reading),
  content(page: Page, own: readonly Reading[]): Node[] {
    const readings = own.filter(isOverEpochs);
    const curves = readings.filter(({ name }) => name !== SPEED);
    const perEpoch = caseNames(curves).length === 1 ? ofOneNetwork(curves, page) : ofSeveral(curves, page);
    const together = [...grouped(curves, ({ name }) => name).values()].every(shareOnePanel);
    const figures = [
      ...reachedAgainstDepth(curves, page),
      ...(together ? perEpoch : []),
      ...onTheWay(own).map(([name, read]) => gradedFigure(name, read, page)),
    ].filter((drawing) => drawing !== null);
    if (figures.length === 0 && perEpoch.length === 0) return [];
    const speed = speedOf(readings);
    return [
      ...(speed ? [element("p", { class: "hint" }, speed)] : []),
      element("div", { class: "multiples" }, ...figures),
      ...(together ? [] : [element("div", {}, ...perEpoch)]),
    ];
  },
};
