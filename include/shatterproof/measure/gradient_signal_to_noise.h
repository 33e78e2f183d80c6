// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <ATen/core/Tensor.h>

#include "shatterproof/measure/measurement.h"

namespace shatterproof {

/// How large the mean gradient of a batch is beside the spread around it.
///
///   s = sqrt(mean over coordinates d of (mean_b g_bd)^2 / var_b g_bd),  var with 1/B
///
/// Our reading of [SG]'s "average norm normalized by the standard deviation", which leaves open what is
/// averaged first. s >= 0. White gradients are at the floor, sqrt(1/(B - 3)), about 1/sqrt(B): E of one
/// coordinate is that of t^2/(B - 1) with B - 1 degrees of freedom. Coordinates without any gradient are left
/// out. Unchanged by scaling all gradients, or any coordinate alone. Undefined for one example, when some
/// coordinate has a gradient that does not vary (up to rounding: 1e-5 of its size in float32, 1e-12 in
/// float64), when all are zero, and for what is not finite. O(B D). [SG] section 5, figure 5.
///
/// Reading: a scalar at the inputs, all together, or at the named tap.
MeasurementRecord gradient_signal_to_noise_record();

/// The same for gradients [examples, ...] at hand.
Reading gradient_signal_to_noise(const at::Tensor& gradients);

}  // namespace shatterproof
