// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <ATen/core/Tensor.h>

#include "shatterproof/measure/measurement.h"

namespace shatterproof {

/// How often a unit is active on both of two different inputs.
///
///   c = mean over units of k_u (k_u - 1) / (B (B - 1)),  k_u = number of the B inputs with z_u > 0
///
/// z_u: what enters the nonlinearity at unit u; units as in activation_fraction. 0 <= c <= 1; 1/4 when every
/// unit is active on half of the inputs independently, 1/2 when half of the units are always active and half
/// never. With activation fraction a: a^2 - a (1 - a)/(B - 1) <= c <= a. Unchanged by positive scaling.
/// Undefined for one input, without a nonlinearity, and where what enters is not finite. O(B units) from
/// counts, no B x B matrix. [SG] section 3.
///
/// `pre_activations`, the z of one layer, is [B, units...] of any floating dtype, on any device.
Reading coactivation(const at::Tensor& pre_activations);

/// Of a network. Reading: a curve over depth.
MeasurementRecord coactivation_record();

}  // namespace shatterproof
