// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <vector>

namespace shatterproof {

/// Row-major, symmetric.
struct CovarianceMatrix {
  size_t size = 0;
  std::vector<double> values;
};

/// Means over draws with their standard errors.
struct MeanOverDraws {
  std::vector<double> mean, standard_error;
};

/// Mean of `statistic(g)` over Gaussian vectors g of that covariance, the same draws on every machine up to
/// rounding. Negative eigenvalues within rounding of 0 are taken as 0. Draws on which the statistic is not
/// finite are left out. Throws std::invalid_argument with fewer than 2 draws.
/// O(size^3 + draws size^2).
MeanOverDraws mean_over_draws(const CovarianceMatrix& covariance, int64_t draws, uint64_t seed,
                              const std::function<std::vector<double>(std::span<const double>)>& statistic);

}  // namespace shatterproof
