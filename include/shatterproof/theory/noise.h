// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "shatterproof/theory/mean_over_draws.h"

namespace shatterproof {

/// Sample autocorrelation function of a series at lags 0 ... lags: biased, centred by the sample mean.
///
///   rho(k) = sum_m (g_m - mean)(g_{m+k} - mean) / sum_m (g_m - mean)^2
///
/// NaN for a constant series. Throws std::invalid_argument unless 0 <= lags < length.
std::vector<double> sample_autocorrelation(std::span<const double> series, int64_t lags);

/// Its expectation for white Gaussian noise of M points, exactly.
///
///   E rho(k) = -(1 - k/M) / (M - 1),   E rho(0) = 1
std::vector<double> white_noise_autocorrelation(int64_t points, int64_t lags);

/// Its mean for brown noise, B(t) = sum_{s <= t} W_s, over `runs` simulated series.
MeanOverDraws brown_noise_autocorrelation(int64_t points, int64_t lags, int64_t runs = 20'000,
                                          uint64_t seed = 1);

/// Slopes of log power against log frequency, frequencies 2 to M/4 of a linearly detrended series under a
/// Hann window, over kBrownNoisePoints: the ideal -2 of brown noise is -1.966 so.
inline constexpr double kWhiteNoiseSlope = 0;
inline constexpr double kBrownNoiseSlope = -1.966;
/// Fewer points are steeper: -2.00 at 64, -2.07 at 32.
inline constexpr int64_t kBrownNoisePoints = 256;

/// Effective rank tr(A^T A) / ||A||_2^2 of a Gaussian matrix of that many examples and units, in the limit
/// of large sizes.
///
///   B D / (sqrt B + sqrt D)^2
///
/// Too small by 1.2 (1/sqrt B + 1/sqrt D)^(1/3) / (sqrt B + sqrt D) of itself: 3 % at B = D = 128.
double gaussian_effective_rank(int64_t examples, int64_t units);

/// Its mean over simulated matrices, each unit centred over the examples.
/// O(runs examples units min(examples, units)).
MeanOverDraws simulated_effective_rank(int64_t examples, int64_t units, int64_t runs = 20, uint64_t seed = 1);

/// sqrt(mean over units of mean^2 / variance over B examples) of white gradients, the floor.
///
///   sqrt(1 / (B - 3))      (mean^2 / variance is t^2 / (B - 1), t Student's with B - 1 degrees of freedom)
///
/// B >= 4: with fewer the mean is infinite.
double signal_to_noise_floor(int64_t examples);

}  // namespace shatterproof
