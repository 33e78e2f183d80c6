// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <ATen/core/Tensor.h>

#include "shatterproof/measure/measurement.h"

namespace shatterproof {

/// Which examples have gradients that deviate from the mean together, as a picture.
///
///   K_ij = |<g_i - mean, g_j - mean>| / mean_i ||g_i - mean||^2,  mean = (1/B) sum_i g_i
///
/// g_i: gradient of example i, D numbers; for D = 1 this is |(g - mean)(g - mean)^T| / sigma_g^2. Symmetric;
/// 0 <= K_ij <= B - 1; the mean of the diagonal is 1. Unchanged by scaling, by rotating units and by adding
/// the same gradient to all. Undefined for one example, gradients that do not differ (up to rounding: 1e-5 of
/// their size in float32, 1e-12 in float64), more than 4,096 examples and what is not finite. O(B^2 D); all
/// examples at once. [SG] figures 1 and 5.
///
/// Reading: a matrix B x B, in the order of the examples, at the inputs all together or at the named tap.
MeasurementRecord gradient_covariance_record();

/// The same for gradients [examples, ...] at hand.
Reading gradient_covariance(const at::Tensor& gradients);

}  // namespace shatterproof
