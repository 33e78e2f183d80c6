// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace shatterproof {

/// Mean correlation R of the gradients of two typical inputs, `depth` layers
/// x_l = gamma1 x_{l-1} + gamma2 W rho(x_{l-1}) below the output, gamma1^2 + gamma2^2 = 1, weights N(0, 2/N).
///
///   R = (gamma1^2 + gamma2^2 / 2)^depth,  C = 1      ([SG] corollary 1)
///
/// gamma2^2 = 1/L gives (1 - 1/(2L))^L, which tends to e^-1/2.
double highway_gradient_correlation(int depth, double gamma1, double gamma2);

}  // namespace shatterproof
