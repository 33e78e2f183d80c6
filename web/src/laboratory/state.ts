// SPDX-License-Identifier: Apache-2.0
// A state of the laboratory: a value for each control, as the address after '#' has it.

export interface Control {
  readonly name: string;
  readonly label: string;
  readonly meaning: string;
  readonly otherwise: string;
  /** The values it takes; empty: numbers. */
  readonly words: readonly string[];
  readonly least: number;
  readonly most: number;
  readonly step: number;
  /** Families that it says something of; empty: all. */
  readonly only: readonly string[];
}

/** Values of controls by their names. */
export type State = ReadonlyMap<string, string>;

/** A value as the control takes it, whole numbers without a point; null: it does not take it. */
export function valueIn(control: Control, text: string): string | null {
  if (control.words.length > 0) return control.words.includes(text) ? text : null;
  const number = Number(text);
  if (text.trim() === "" || !(number >= control.least && number <= control.most)) return null;
  if (control.step >= 1) return Number.isInteger(number) ? String(number) : null;
  return text;
}

/** What an address asks for; what no control takes is left at its default. */
export function stateOf(controls: readonly Control[], query: string): State {
  const asked = new URLSearchParams(query);
  return new Map(
    controls.map((control) => [
      control.name,
      valueIn(control, asked.get(control.name) ?? "") ?? control.otherwise,
    ]),
  );
}

/** Whether a control says anything of this family. */
export function concerns(control: Control, state: State): boolean {
  return control.only.length === 0 || control.only.includes(state.get("family") ?? "");
}

/** What differs from the defaults and says something. */
export function queryOf(controls: readonly Control[], state: State): string {
  const query = new URLSearchParams();
  for (const control of controls) {
    const value = state.get(control.name) ?? control.otherwise;
    if (value !== control.otherwise && concerns(control, state)) query.set(control.name, value);
  }
  // A colon may stand as it is.
  return query.toString().replaceAll("%3A", ":");
}
