// SPDX-License-Identifier: Apache-2.0

/** A number for people: `digits` significant ones, never more zeros than a reader can count. */
export function shown(value: number, digits = 3): string {
  if (Number.isNaN(value)) return "not a number";
  if (!Number.isFinite(value)) return value > 0 ? "infinite" : "minus infinite";
  if (value === 0) return "0";
  const size = Math.abs(value);
  if (size >= 1e5 || size < 1e-3) {
    const [mantissa = "", exponent = ""] = value.toExponential(digits - 1).split("e");
    return `${mantissa.includes(".") ? mantissa.replace(/\.?0+$/, "") : mantissa}e${Number(exponent)}`;
  }
  const text = value.toPrecision(digits);
  return String(text.includes("e") ? Math.round(value) : Number(text));
}

/** A number with its standard error and bound. */
export function withError(value: number, error: number | null | undefined, bound = ""): string {
  const text = (bound ? `${bound} ` : "") + shown(value);
  return error && Number.isFinite(error) ? `${text} ± ${shown(error, 2)}` : text;
}

/** Whether positive values span so much that a logarithmic axis shows more. */
export function spansDecades(values: readonly number[]): boolean {
  let least = Infinity;
  let most = 0;
  for (const value of values) {
    if (!Number.isFinite(value)) continue;
    if (value <= 0) return false;
    least = Math.min(least, value);
    most = Math.max(most, value);
  }
  return most > 100 * least;
}

/** `gradient_scale_coefficient` -> "gradient scale coefficient". */
export function words(name: string): string {
  return name.replaceAll("_", " ");
}

export function sentence(name: string): string {
  const text = words(name);
  return text.charAt(0).toUpperCase() + text.slice(1);
}
