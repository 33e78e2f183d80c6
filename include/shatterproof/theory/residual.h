// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "shatterproof/theory/feedforward.h"

namespace shatterproof {

/// Mean correlation R of the gradients of two typical inputs, `depth` blocks
/// x_l = alpha (x_{l-1} + beta W rho(x_{l-1})) below the output, weights N(0, 2/N), without normalization.
///
///   R = ((1 + beta^2 / 2) / (1 + beta^2))^depth      ([SG] theorem 2: (3/4)^depth at beta 1)
double residual_plain_correlation(int depth, double beta);
/// C of the same: the growth of the squared gradient.
///
///   C = (alpha^2 (1 + beta^2))^depth                 (2^depth at alpha = beta = 1)
double residual_plain_variance(int depth, double alpha, double beta);

/// What one normalized block adds to the variance of its skip, as a multiple of beta^2.
inline constexpr double kUncentredBranch = 1.0;
/// The next batch norm removes the mean of the rectifier, so a branch adds 1 - 1/pi.
inline constexpr double kCentredBranch = kCentredVariance;

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
///   C = prod_{l=0}^{n-1} (1 + beta^2 / V_l)     (1 + beta^2 n in the theorem's world)
double residual_gradient_variance(int blocks, double beta, double branch = kCentredBranch);

/// [SG] theorem 3 as printed, for many blocks.
///
///   R ~ 1 / (beta sqrt n)
///
/// Up to a factor: the product tends to beta Gamma(1/beta^2 + 1) / Gamma(1/beta^2 + 1/2) of it, 1.13 at beta
/// 1 and 1 for small beta. Exceeds 1 where beta^2 n < 1.
double residual_asymptotic_correlation(int blocks, double beta);
/// Where the asymptote is shown: beta^2 n from here on.
inline constexpr double kAsymptotic = 10;

}  // namespace shatterproof
