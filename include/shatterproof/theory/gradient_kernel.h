// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>

#include "shatterproof/theory/mean_over_draws.h"
#include "shatterproof/theory/stack.h"

namespace shatterproof {

/// Covariance of the input gradient f'(x) of a network with a scalar input, which in infinite width is a
/// Gaussian process; relative to its variance, which is the same at every x.
///
///   E f'(x) f'(x') = d^2 K / dx dx',     K_0(x, x') = x x' + bias_std^2
///   T(q, q', s) = sqrt(q q') kappa(s / sqrt(q q'))                                    (one rectifier layer)
///   T_xx' = (1 - theta/pi) s_xx' + A A' / (pi D) + q_x q'_x' D / (4 pi q q')
///   A = s_x - s q_x / (2 q),  A' = s_x' - s q'_x' / (2 q'),  D = sqrt(q q' - s^2)
///   T_x  = D q_x / (2 pi q) + (1 - theta/pi) s_x
///   K <- skip^2 K + branch^2 T(... T(K))
///
/// where q = K(x, x), q' = K(x', x'), s = K(x, x'). On the diagonal A and A' vanish like D, and T_xx' =
/// s_xx'. It is not the product of 1 - theta/pi: the gradient carries dx_0/dx = v, which the gates depend on.
/// Norms are not described. O(points^2 layers).
CovarianceMatrix gradient_kernel(const RectifierStack& stack, double bias_std, std::span<const double> x);

/// The same for f = w . rho(x - b), b ~ N(0, bias_std^2): a Brownian motion in the time Phi(x / bias_std).
///
///   E f'(x) f'(x') = Phi(min(x, x') / bias_std)
CovarianceMatrix shallow_gradient_kernel(double bias_std, std::span<const double> x);

}  // namespace shatterproof
