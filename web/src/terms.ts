// SPDX-License-Identifier: Apache-2.0
// What the program's catalog says of each measurement; the page quotes it and says nothing of its own.

import { sentence } from "./number.ts";

export interface Term {
  readonly name: string;
  readonly symbol: string;
  readonly sentence: string;
  readonly formula: string;
  readonly reference: string;
  readonly range: string;
}

const NOTHING = { symbol: "", sentence: "", formula: "", reference: "", range: "" };

function text(row: Record<string, unknown>, key: string): string {
  const value = row[key];
  return typeof value === "string" ? value : "";
}

export class Terms {
  private readonly known = new Map<string, Term>();
  private readonly places = new Map<string, number>();

  /** From the lines of `list measurements --json -`; lines that are none say nothing. */
  constructor(lines: string) {
    for (const line of lines.split("\n")) this.addLine(line.trim());
  }

  of(name: string): Term {
    return this.known.get(name) ?? { name, ...NOTHING };
  }

  /** Where the catalog has it, what it does not know behind all: what is looked at first stands first. */
  place(name: string): number {
    return this.places.get(name) ?? this.places.size;
  }

  /** "Gradient correlation R". */
  title(name: string): string {
    const { symbol } = this.of(name);
    const title = sentence(name);
    return symbol && !title.endsWith(symbol) ? `${title}  ${symbol}` : title;
  }

  private addLine(line: string): void {
    let row: Record<string, unknown>;
    try {
      row = JSON.parse(line) as Record<string, unknown>;
    } catch {
      return;
    }
    const name = text(row, "name");
    this.known.set(name, {
      name,
      symbol: text(row, "symbol"),
      sentence: text(row, "sentence"),
      formula: text(row, "formula"),
      reference: text(row, "reference"),
      range: text(row, "range"),
    });
    this.places.set(name, this.places.size);
    const companions = Array.isArray(row.companions) ? (row.companions as Record<string, unknown>[]) : [];
    for (const entry of companions) {
      const other = text(entry, "name");
      // The same reading at one place only bears the same name: what is said of the whole stays.
      if (other === name) continue;
      this.known.set(other, { name: other, ...NOTHING, sentence: text(entry, "sentence") });
      this.places.set(other, this.places.size);
    }
  }
}
