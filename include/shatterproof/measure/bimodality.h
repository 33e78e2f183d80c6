// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <ATen/core/Tensor.h>

#include "shatterproof/measure/measurement.h"

namespace shatterproof {

/// How many units have stopped switching.
///
///   bimodality = fraction of units with k_u = 0 or k_u = B,  k_u = number of the B inputs with z_u > 0
///
/// z_u: what enters the nonlinearity at unit u; units as in activation_fraction. Between 0 (every unit tells
/// some inputs from others) and 1 (the layer is linear on these inputs). Unchanged by positive scaling.
/// Undefined for one input, on which every unit is one or the other, without a nonlinearity, and where what
/// enters is not finite. O(B units). [SG] section 3.
///
/// `pre_activations`, the z of one layer, is [B, units...] of any floating dtype, on any device.
Reading bimodality(const at::Tensor& pre_activations);

/// Of a network. Readings: curves over depth, also of its two parts `bimodality_always` (k_u = B) and
/// `bimodality_never` (k_u = 0), and `bimodality_balanced`, the fraction of units active on 40 % to 60 % of
/// the inputs, both ends included.
MeasurementRecord bimodality_record();

}  // namespace shatterproof
