// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <ATen/core/Tensor.h>

#include "shatterproof/measure/measurement.h"

namespace shatterproof {

/// How much the gradients of different examples have in common.
///
///   R = mean_{i != j} <g_i, g_j> / mean_i ||g_i||^2
///
/// g_i: gradient of example i at a tap, flattened. Uncentred, as the theorems have it. -1 / (B - 1) <= R <=
/// 1; 1 when all gradients are equal, -1 / (B - 1) when they sum to zero. Unchanged by scaling and by
/// rotating units. Undefined for one example, zero gradients and what is not finite. O(B D): sum_{i != j}
/// <g_i, g_j> =
/// ||sum_i g_i||^2 - sum_i ||g_i||^2. [SG] section 3.
///
/// Readings: a curve over depth (the input and every layer's state; NaN where a layer's gradient is zero) and
/// a scalar at every input.
MeasurementRecord gradient_correlation_record();

/// The same for gradients [examples, ...] at hand.
Reading gradient_correlation(const at::Tensor& gradients);

}  // namespace shatterproof
