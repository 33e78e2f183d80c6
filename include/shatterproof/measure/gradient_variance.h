// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <ATen/core/Tensor.h>

#include "shatterproof/measure/measurement.h"

namespace shatterproof {

/// How the size of gradients changes with depth.
///
///   C(l) = (mean_i ||g_i(x_l)||^2 / D_l) / (mean_i ||g_i(x_L)||^2 / D_L)
///
/// g_i(x_l): gradient of example i with respect to the state x_l of layer l, D_l numbers; x_L is the last
/// hidden state, where C = 1. C >= 0; above 1 gradients grow on their way to the input, below 1 they shrink.
/// Unchanged by scaling the functional. Undefined when the gradient at x_L is zero, when no layer has a
/// state, and for what is not finite there. O(B D). [SG] section 3.
///
/// `gradients` at x_l and `last_gradients` at x_L are [B, numbers...] of any floating dtype, on any device.
Reading gradient_variance(const at::Tensor& gradients, const at::Tensor& last_gradients);

/// Of a network. Readings: a curve over depth, the input included, and the curve `gradient_mean_square` of
/// the absolute numbers mean_i ||g_i||^2 / D, which tells a dead layer from a distant one.
MeasurementRecord gradient_variance_record();

}  // namespace shatterproof
