// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace shatterproof {

/// Mean correlation R of the gradients of two typical inputs in a rectifier network without skips, `depth`
/// layers below the output.
///
///   R = 2^-depth      ([SG] theorem 1: half of the units active for each input, a quarter for both)
///
/// Exact in infinite width where batch statistics centre every layer.
double feedforward_gradient_correlation(int depth);

/// Variance that a rectifier keeps of a centred unit Gaussian, times 2: what He weights make of it.
///
///   2 Var rho(z) = 1 - 1/pi
inline constexpr double kCentredVariance = 0.68169011381620932846;

/// Growth C of the squared gradient over `depth` layers with batch norm, its statistics held.
///
///   C = (pi / (pi - 1))^depth     (He weights give the next norm a variance of 1 - 1/pi, which it divides
///   by)
double feedforward_batch_norm_growth(int depth);

/// R of a feedforward network whose batch statistics are differentiated through, at any depth: centring
/// makes the gradients of a batch sum to zero.
///
///   R = -1 / (B - 1)      exactly, B >= 2
double zero_sum_correlation(int examples);

}  // namespace shatterproof
