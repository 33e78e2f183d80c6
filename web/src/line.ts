// SPDX-License-Identifier: Apache-2.0
// A line of a results file, key by key.

export type Json = Record<string, unknown>;

const WORDS: Readonly<Record<string, number>> = { nan: NaN, inf: Infinity, "-inf": -Infinity };

/** A record whose nulls are the numbers that `non_finite` says they stood for. */
export class Line {
  constructor(private readonly json: Json) {}

  text(key: string): string {
    const value = this.json[key];
    return typeof value === "string" ? value : "";
  }

  texts(key: string): string[] {
    const value = this.json[key];
    return Array.isArray(value) ? value.map((entry) => (typeof entry === "string" ? entry : "")) : [];
  }

  number(key: string): number {
    return this.numbers(key, [this.json[key]])[0] ?? NaN;
  }

  optional(key: string): number | null {
    return key in this.json ? this.number(key) : null;
  }

  numbers(key: string, given: unknown = this.json[key]): number[] {
    if (!Array.isArray(given)) return [];
    const nonFinite = this.json.non_finite;
    let seen = 0;
    return given.map((value) => {
      if (typeof value === "number") return value;
      const words: unknown =
        typeof nonFinite === "object" && nonFinite ? (nonFinite as Json)[key] : nonFinite;
      const word: unknown = Array.isArray(words) ? words[seen++] : words;
      return typeof word === "string" ? (WORDS[word] ?? NaN) : NaN;
    });
  }

  lines(key: string): Line[] {
    const value = this.json[key];
    const entries = Array.isArray(value) ? value : isObject(value) ? Object.values(value) : [];
    return entries.filter(isObject).map((entry) => new Line(entry));
  }

  pairs(key: string): [number, number][] {
    const value = this.json[key];
    const entries: unknown[] = Array.isArray(value) ? value : [];
    return entries.filter(
      (entry): entry is [number, number] =>
        Array.isArray(entry) && entry.length === 2 && entry.every((end) => typeof end === "number"),
    );
  }

  /** The numbers of an object, by their names. */
  entries(key: string): [string, number][] {
    const value = this.json[key];
    return Object.entries(isObject(value) ? value : {}).filter(
      (entry): entry is [string, number] => typeof entry[1] === "number",
    );
  }

  /** The words of an object, by their names. */
  wordEntries(key: string): [string, string][] {
    const value = this.json[key];
    return Object.entries(isObject(value) ? value : {}).filter(
      (entry): entry is [string, string] => typeof entry[1] === "string",
    );
  }

  is(key: string): boolean {
    return this.json[key] === true;
  }
}

export function isObject(value: unknown): value is Json {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
