// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <ATen/core/Tensor.h>

#include "shatterproof/measure/measurement.h"

namespace shatterproof {

/// What part of a nonlinearity's output a straight line through it leaves unexplained.
///
///   l = mean over units of 1 - R^2,   R^2 = cov_b(z, phi(z))^2 / (var_b z  var_b phi(z))
///
/// z: what enters the nonlinearity at the unit, input by input; units as in activation_fraction. In [0, 1]: 0
/// when every unit works on a stretch on which its nonlinearity is straight; a unit whose output is the same
/// for all inputs counts as 0. For z ~ N(0, 1): ReLU (pi - 2)/(2 pi - 2) = .266, tanh .070, SELU .029. Below
/// 1e-2 nearly linear, below 1e-3 pseudo-linear. Undefined without a nonlinearity, for fewer than three
/// inputs, and where numbers are not finite. O(B units). [GE] section 4.
///
/// `pre_activations`, the z of one layer, and `activations`, phi(z), are [B, units...] of any floating dtype,
/// on any device.
Reading pseudo_linearity(const at::Tensor& pre_activations, const at::Tensor& activations);

/// Of a network. Reading: a curve over depth.
MeasurementRecord pseudo_linearity_record();

}  // namespace shatterproof
