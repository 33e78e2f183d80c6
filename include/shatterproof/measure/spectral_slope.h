// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <ATen/core/Tensor.h>

#include "shatterproof/measure/measurement.h"

namespace shatterproof {

/// Which colour of noise the gradient is along ordered inputs.
///
///   P(k) = || sum_m w_m r_m exp(-2 pi i k m / M) ||^2,  w_m = (1 - cos(2 pi m / M)) / 2,  m = 0 ... M - 1
///   slope of the least-squares line through (log k, log P(k)),  k = 2 ... floor(M / 4)
///
/// r_m: gradient at the m-th of M inputs along a path less its least-squares straight line in m, a number or
/// a vector, whose powers add up; w the Hann window. White noise has 0, brown noise -1.97 on 256 points,
/// where its power is as 1/sin^2(pi k / M), a little flatter than k^-2; a smooth curve falls more steeply.
/// Any finite value. Unchanged by scaling, rotation and adding a straight line. Undefined for unordered
/// inputs, fewer than 12 of them, a gradient that is zero or a straight line (up to rounding: 1e-5 of its
/// size in float32, 1e-12 in float64) and what is not finite. Keeps the gradients at the input. O(D M log M).
/// [SG] figure 1.
///
/// Reading: a scalar at the inputs, all together, or at the named tap.
MeasurementRecord spectral_slope_record();

/// The same for a series [M] or [M, ...] at hand.
Reading spectral_slope(const at::Tensor& series);

}  // namespace shatterproof
