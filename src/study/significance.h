// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace shatterproof {

/// By how many standard errors, estimated from `draws` Gaussian numbers, a mean may be off where it were
/// `sigmas` had they been known: the same probability, Student's t in place of Gauss. Odd in `sigmas`. draws
/// >= 2.
double student_factor(double sigmas, double draws);

/// The value that F of `numbers` and `rest` degrees of freedom exceeds as often as a Gaussian number lies
/// beyond `sigmas` of its deviations on either side. rest >= 1.
double largest_f(double sigmas, double numbers, double rest);

}  // namespace shatterproof
