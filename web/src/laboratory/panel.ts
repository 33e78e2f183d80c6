// SPDX-License-Identifier: Apache-2.0
// The controls, as the program describes them.

import { button, element } from "../element.ts";
import { sentence } from "../number.ts";
import { concerns, valueIn, type Control, type State } from "./state.ts";

type Field = HTMLInputElement | HTMLSelectElement;

export interface Moves {
  /** A control is being moved. */
  moved(name: string, value: string): void;
  /** It was let go. */
  released(): void;
}

const NAMES: Readonly<Record<string, string>> = { crelu: "CReLU", relu: "ReLU", he: "He" };

function nameOf(control: Control, word: string): string {
  if (control.name === "inputs" || control.name === "rate") return word;
  return NAMES[word] ?? sentence(word);
}

function fieldOf(control: Control, id: string): Field {
  const described = { id, "aria-describedby": `${id}-meaning`, name: control.name };
  if (control.words.length > 0) {
    const options = control.words.map((word) => element("option", { value: word }, nameOf(control, word)));
    return element("select", described, ...options);
  }
  const range = { min: String(control.least), max: String(control.most), step: String(control.step) };
  return element("input", { type: control.name === "seed" ? "number" : "range", ...described, ...range });
}

class Row {
  readonly box: HTMLElement;
  private readonly field: Field;
  private readonly value = element("output", {});

  constructor(
    readonly control: Control,
    moves: Moves,
  ) {
    const id = `control-${control.name}`;
    this.field = fieldOf(control, id);
    this.value.htmlFor.add(id);
    this.field.addEventListener("input", () => {
      const value = valueIn(control, this.field.value);
      if (value === null) return;
      this.value.textContent = value;
      moves.moved(control.name, value);
    });
    this.field.addEventListener("change", () => moves.released());
    const isSlider = this.field instanceof HTMLInputElement && this.field.type === "range";
    this.box = element(
      "div",
      { class: "control" },
      element("label", { for: id }, control.label),
      isSlider && this.value,
      this.field,
      element("p", { id: `${id}-meaning`, class: "meaning" }, control.meaning),
    );
  }

  show(state: State): void {
    const value = state.get(this.control.name) ?? this.control.otherwise;
    if (this.field.value !== value) this.field.value = value;
    this.value.textContent = value;
    this.field.disabled = !concerns(this.control, state);
    this.box.classList.toggle("idle", this.field.disabled);
  }
}

export class ControlPanel {
  readonly box: HTMLElement;
  private readonly rows: readonly Row[];
  private readonly step: HTMLButtonElement;

  constructor(controls: readonly Control[], moves: Moves, reset: () => void, train: () => void) {
    this.rows = controls.map((control) => new Row(control, moves));
    this.step = button("Train one step", train);
    this.box = element(
      "form",
      { class: "controls", "aria-label": "The network and its inputs" },
      ...this.rows.map(({ box }) => box),
      element("div", { class: "tools" }, this.step, button("Start again", reset)),
    );
    this.box.addEventListener("submit", (event) => event.preventDefault());
  }

  show(state: State): void {
    for (const row of this.rows) row.show(state);
    const steps = this.rows.find(({ control }) => control.name === "steps")?.control;
    this.step.disabled = !steps || !concerns(steps, state) || Number(state.get("steps")) >= steps.most;
  }
}
