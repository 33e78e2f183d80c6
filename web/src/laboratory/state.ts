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

function takes(control: Control, value: string): boolean {
  if (control.words.length > 0) return control.words.includes(value);
  const number = Number(value);
  return value.trim() !== "" && number >= control.least && number <= control.most;
}

/** What an address asks for; what no control takes is left at its default. */
export function stateOf(controls: readonly Control[], query: string): State {
  const asked = new URLSearchParams(query);
  return new Map(
    controls.map((control) => {
      const value = asked.get(control.name);
      return [control.name, value !== null && takes(control, value) ? value : control.otherwise];
    }),
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
