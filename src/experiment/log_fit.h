// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <vector>

namespace shatterproof {

/// A straight line through logarithms: log y = log intercept + x log rate, by least squares.
struct LogFit {
  double rate = 1;
  double intercept = 1;           ///< y at x = 0
  std::optional<double> quality;  ///< R^2; empty when the logarithms do not vary
};

/// Precondition: as many x as logarithms, two different x at least.
LogFit log_fit(const std::vector<double>& x, const std::vector<double>& logarithms);

}  // namespace shatterproof
