// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace shatterproof {

/// Mean correlation R of the gradients of two typical inputs in a rectifier network without skips, `depth`
/// layers.
///
///   R = 2^-depth      ([SG] theorem 1: half of the units active for each input, a quarter for both)
double feedforward_gradient_correlation(int depth);

/// What one normalized block adds to the variance of its skip, as a multiple of beta^2.
inline constexpr double kUncentredBranch = 1.0;
/// The next batch norm removes the mean of the rectifier, so a branch adds 1 - 1/pi.
inline constexpr double kCentredBranch = 0.68169011381620932846;

/// R of a residual network x_l = x_{l-1} + beta W rho(N(x_{l-1})) with n normalized blocks, weights N(0,
/// 2/N).
///
///   R = prod_{l=0}^{n-1} (V_l + beta^2 / 2) / (V_l + beta^2),   V_l = 1 + branch beta^2 l
///
/// `branch` is kUncentredBranch in the theorem's world ([SG] theorem 3, exact for finite n) and
/// kCentredBranch in real networks. 0 < R <= 1. O(n).
double residual_gradient_correlation(int blocks, double beta, double branch = kCentredBranch);

/// Growth C of the squared gradient from the last state to the input of the same network.
///
///   C = prod_{l=0}^{n-1} (1 + beta^2 / V_l)
double residual_gradient_variance(int blocks, double beta, double branch = kCentredBranch);

}  // namespace shatterproof
