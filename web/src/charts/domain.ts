// SPDX-License-Identifier: Apache-2.0
// From where to where an axis goes.

/** The least and the largest of those that are finite, however many there are. */
export function endsOf(values: readonly number[]): readonly [number, number] | undefined {
  let low = Infinity;
  let high = -Infinity;
  for (const value of values) {
    if (!Number.isFinite(value)) continue;
    low = Math.min(low, value);
    high = Math.max(high, value);
  }
  return low > high ? undefined : [low, high];
}

/** A domain around values, with room; zero stays in it when it is near. */
export function domainOf(values: readonly number[]): readonly [number, number] | undefined {
  const ends = endsOf(values);
  if (!ends) return undefined;
  let [low, high] = ends;
  if (low > 0 && low < 0.7 * high) low = 0;
  // What varies by less than a hundredth is shown as what it is: nearly constant.
  const least = 0.1 * Math.max(Math.abs(low), Math.abs(high));
  if (high - low < 0.1 * least) [low, high] = [low - least / 2, high + least / 2];
  const room = (high - low || 1) * 0.05;
  return [low === 0 ? 0 : low - room, high + room];
}

const THEORY_ROOM = 10;

/** A logarithmic domain around measured values; what theory says widens it by a decade each way at most. */
export function logarithmicDomainOf(
  measured: readonly number[],
  theory: readonly number[],
): readonly [number, number] | undefined {
  const positive = (values: readonly number[]): number[] => values.filter((value) => value > 0);
  const ends = endsOf(positive(measured));
  const said = endsOf(positive(theory));
  if (!ends) return said;
  const low = said ? Math.min(ends[0], Math.max(said[0], ends[0] / THEORY_ROOM)) : ends[0];
  const high = said ? Math.max(ends[1], Math.min(said[1], ends[1] * THEORY_ROOM)) : ends[1];
  const room = Math.max(1.1, (high / low) ** 0.05);
  return [low / room, high * room];
}

const MOST_POWERS = 6;
const STEPS = [1, 2, 3, 5, 10, 20, 50, 100];

/** Powers of ten on an axis of two decades or more; none on a shorter one, where they would be too few. */
export function powersWithin([low, high]: readonly [number, number]): number[] | undefined {
  const [first, last] = [Math.ceil(Math.log10(low)), Math.floor(Math.log10(high))];
  if (last - first < 2) return undefined;
  const step = STEPS.find((exponents) => (last - first) / exponents < MOST_POWERS) ?? 200;
  const powers = Array.from({ length: last - first + 1 }, (_, k) => first + k);
  return powers.filter((power) => power % step === 0).map((power) => 10 ** power);
}
