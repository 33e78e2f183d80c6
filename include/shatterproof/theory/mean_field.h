// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <span>

#include "shatterproof/theory/nonlinearity.h"

namespace shatterproof {

/// What a nonlinearity makes of a centred Gaussian of variance q, u = sqrt(q) z.
struct LayerMoments {
  double mean = 0;          ///< E phi(u)
  double mean_square = 0;   ///< E phi(u)^2
  double mean_slope = 0;    ///< E phi'(u)
  double slope_square = 0;  ///< E phi'(u)^2

  double variance() const { return mean_square - mean * mean; }
};
LayerMoments layer_moments(const Nonlinearity& phi, double q);

/// Variances of what a layer is drawn with: weights N(0, weight / fan_in), biases N(0, bias).
struct DrawVariances {
  double weight = 1;  ///< sigma_w^2
  double bias = 0;    ///< sigma_b^2
};

/// Mean square of the next layer's pre-activations, infinite width.
///
///   q' = sigma_w^2 E phi(sqrt(q) z)^2 + sigma_b^2         Poole et al. (2016)
double length_map(const Nonlinearity& phi, const DrawVariances& draw, double q);

/// Correlation of two inputs' pre-activations in the next layer, from that in this one; both have length q.
///
///   c' = (sigma_w^2 E phi(u) phi(u') + sigma_b^2) / q',   E u u' = c q
///
/// c and c' in [-1, 1]; 1 stays 1. A double integral: about 2 million evaluations of phi.
double correlation_map(const Nonlinearity& phi, const DrawVariances& draw, double q, double c);
/// Its derivative: sigma_w^2 q E phi'(u) phi'(u') / q'.
double correlation_map_slope(const Nonlinearity& phi, const DrawVariances& draw, double q, double c);

/// By what factor the squared distance of two close inputs, and the squared gradient, change in a layer.
///
///   chi_1 = sigma_w^2 E phi'(sqrt(q) z)^2      below 1 ordered, above 1 chaotic; Schoenholz et al. (2017)
double chi_1(const Nonlinearity& phi, const DrawVariances& draw, double q);

/// q*, where lengths settle from q = 1. Empty when they do not within 2,000 layers: they grow or fall for
/// ever, or settle too slowly, as that of tanh with sigma_w^2 = 1, which falls like 1 / (2 l).
std::optional<double> fixed_length(const Nonlinearity& phi, const DrawVariances& draw);

/// Where lengths and correlations settle with depth, and over how many layers they forget where they began.
struct FixedPoint {
  double length = 0;             ///< q*
  double chi_1 = 0;              ///< there
  double correlation = 1;        ///< c*; below 1 only where chi_1 > 1
  double length_depth = 0;       ///< xi_q = -1 / log(dq'/dq)
  double correlation_depth = 0;  ///< xi_c = -1 / log(dc'/dc) at c*; infinite at the edge of chaos, chi_1 = 1
};
/// Empty without a fixed length. Cost: where chi_1 > 1 a few double integrals.
std::optional<FixedPoint> fixed_point(const Nonlinearity& phi, const DrawVariances& draw);

/// beta = sum_j 1 / n_j over hidden layers of n_j units. Hanin (2018): with He weights and rectifiers the log
/// of a signal's squared length varies by about 5 beta from draw to draw.
double inverse_width_sum(std::span<const int64_t> widths);

}  // namespace shatterproof
