// SPDX-License-Identifier: Apache-2.0
// What noise would show: the two references that autocorrelations of gradients are compared with.

// Lehmer's generator: the same numbers on every machine.
class Uniform {
  private state = 20170806;

  next(): number {
    this.state = (this.state * 48271) % 2147483647;
    return this.state / 2147483647;
  }
}

function gaussian(uniform: Uniform): number {
  return Math.sqrt(-2 * Math.log(uniform.next())) * Math.cos(2 * Math.PI * uniform.next());
}

/** rho(k) = sum_m (b_m - mean)(b_{m+k} - mean) / sum_m (b_m - mean)^2. */
export function autocorrelation(series: readonly number[], lag: number): number {
  const mean = series.reduce((sum, value) => sum + value, 0) / series.length;
  const deviations = series.map((value) => value - mean);
  const at = (m: number): number => deviations[m] ?? 0;
  let lagged = 0;
  let own = 0;
  for (let m = 0; m < series.length; m++) {
    own += at(m) ** 2;
    if (m + lag < series.length) lagged += at(m) * at(m + lag);
  }
  return lagged / own;
}

/** White noise of `points` numbers: exactly -(1 - k/M) / (M - 1) on average at lag k, 1 at lag 0. */
export function whiteAutocorrelation(points: number, lag: number): number {
  return lag === 0 ? 1 : -(1 - lag / points) / (points - 1);
}

const WALKS = 400;

/** Brown noise, the running sum of white noise: the mean of autocorrelations of simulated walks. */
export function brownAutocorrelation(points: number, lags: readonly number[]): number[] {
  const uniform = new Uniform();
  const sums = lags.map(() => 0);
  for (let walk = 0; walk < WALKS; walk++) {
    let position = 0;
    const series = Array.from({ length: points }, () => (position += gaussian(uniform)));
    lags.forEach((lag, k) => (sums[k] = (sums[k] ?? 0) + autocorrelation(series, lag)));
  }
  return sums.map((sum) => sum / WALKS);
}
