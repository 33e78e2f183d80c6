// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace shatterproof {

/// Probability that a variable of Student's distribution is at least |t| from 0, on either side.
///
///   P = I_x(nu / 2, 1 / 2),   x = nu / (nu + t^2)
///
/// `degrees` nu > 0, not necessarily whole; t may be infinite. Relative error below 1e-10. Student 1908.
double two_sided_probability(double t, double degrees);

}  // namespace shatterproof
