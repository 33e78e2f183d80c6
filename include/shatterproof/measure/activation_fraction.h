// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <ATen/core/Tensor.h>

#include "shatterproof/measure/measurement.h"

namespace shatterproof {

/// On which fraction of the inputs a unit is active.
///
///   a = mean over units of k_u / B,  k_u = number of the B inputs with z_u > 0
///
/// z_u: what enters the nonlinearity at unit u. A unit of a convolution is a channel at a position. A CReLU
/// counts its N units once, on z. 0 <= a <= 1. Unchanged by positive scaling. Undefined without a
/// nonlinearity, without units, and where what enters is not finite. O(B units). [SG] section 3.
///
/// `pre_activations`, the z of one layer, is [B, units...] of any floating dtype, on any device.
Reading activation_fraction(const at::Tensor& pre_activations);

/// Of a network. Readings: a curve over depth, and per nonlinearity a histogram of k_u / B: the fraction of
/// units in each of 20 equal bins on [0, 1], the last one closed.
MeasurementRecord activation_fraction_record();

}  // namespace shatterproof
