// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <ATen/core/Tensor.h>

#include "shatterproof/measure/measurement.h"

namespace shatterproof {

/// How much what enters a nonlinearity varies from input to input.
///
///   s = mean over units of sqrt(mean_b (z_{b,u} - mean_b z_{b,u})^2)
///
/// z_{b,u}: what enters the nonlinearity at unit u for input b, after any normalization; units as in
/// activation_fraction. s >= 0; 1 after batch normalization; 0 when the layer no longer sees its input: every
/// unit is constant. Scales with z. Undefined for one input, without a nonlinearity, and where what enters is
/// not finite. O(B units). [GE] table 1.
///
/// `pre_activations`, the z of one layer, is [B, units...] of any floating dtype, on any device.
Reading preactivation_std(const at::Tensor& pre_activations);

/// Of a network. Reading: a curve over depth.
MeasurementRecord preactivation_std_record();

}  // namespace shatterproof
