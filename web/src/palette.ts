// SPDX-License-Identifier: Apache-2.0
// Colours that survive colour blindness (after Okabe and Ito), with dashes that survive grey print. They are CSS
// variables: style/colours.css gives their light and dark values.

export interface Look {
  readonly color: string;
  readonly dash: string;
}

const DASHES = ["none", "7 3", "2 3", "9 3 2 3", "4 4", "1 3"];
const HUES = 6;
const SHADES = 5;

/** The look of one of several things that have no order. */
export function hue(index: number): Look {
  return { color: `var(--hue-${index % HUES})`, dash: DASHES[index % DASHES.length] ?? "none" };
}

/** The look of one of `count` things that have an order, light to dark. */
export function shade(index: number, count: number): Look {
  const step = count <= 1 ? SHADES - 1 : Math.round((index * (SHADES - 1)) / (count - 1));
  return { color: `var(--shade-${step})`, dash: "none" };
}

export const REFERENCE = "var(--reference)";

/** Cividis in five stops, blue to yellow: its lightness rises evenly, so that grey print keeps the order. */
const RAMP: readonly (readonly [number, number, number])[] = [
  [0, 34, 78],
  [65, 77, 107],
  [124, 123, 120],
  [185, 172, 112],
  [254, 232, 56],
];

/** Red, green and blue of the ramp at `part` in [0, 1], up to 255. */
export function rampChannels(part: number): [number, number, number] {
  const place = Math.min(1, Math.max(0, part)) * (RAMP.length - 1);
  const low = Math.min(Math.floor(place), RAMP.length - 2);
  const channel = (k: 0 | 1 | 2): number => {
    const from = RAMP[low]?.[k] ?? 0;
    const to = RAMP[low + 1]?.[k] ?? 0;
    return Math.round(from + (to - from) * (place - low));
  };
  return [channel(0), channel(1), channel(2)];
}

/** The ramp's colour at `part` in [0, 1]. */
export function ramp(part: number): string {
  return `rgb(${rampChannels(part).join(", ")})`;
}

/** The text that can be read on the ramp's colour at `part`. */
export function inkOn(part: number): string {
  return part > 0.5 ? "#111" : "#fff";
}
