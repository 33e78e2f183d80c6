// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace shatterproof {

/// I_x(a, b), the part of the beta distribution below x. 0 <= x <= 1, a and b positive; `y` is 1 - x, given
/// because near 1 x has lost it. By its continued fraction (Press et al., Numerical Recipes, section 6.4), to
/// 1e-13.
double incomplete_beta(double x, double y, double a, double b);

}  // namespace shatterproof
