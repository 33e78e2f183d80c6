// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>

namespace shatterproof {

/// The straight line through points that is closest to them, by least squares.
struct LineFit {
  double slope = 0;      ///< sum (x - mean x)(y - mean y) / sum (x - mean x)^2; NaN when no two x differ
  double intercept = 0;  ///< mean y - slope mean x
  double explained =
      0;  ///< the part of the variance of y that it explains, in [0, 1]; NaN when y is constant
  double x_squares = 0;  ///< sum (x - mean x)^2
  double y_squares = 0;  ///< sum (y - mean y)^2
};

/// Precondition: as many x as y. O(points).
LineFit line_fit(std::span<const double> x, std::span<const double> y);

/// The same for x = 0, 1, 2, ...
LineFit line_fit(std::span<const double> y);

}  // namespace shatterproof
