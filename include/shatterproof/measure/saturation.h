// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <ATen/core/Tensor.h>

#include "shatterproof/measure/measurement.h"

namespace shatterproof {

/// The share of a bounded nonlinearity's outputs that stand at its bounds.
///
///   share = #{|2 (y - low) / (high - low) - 1| > .97} / #{y}
///
/// y: outputs of the nonlinearity over examples and units; low and high: its bounds. In [0, 1]; .04 for tanh
/// of a standard Gaussian, .0 when nothing comes near a bound. Undefined for nonlinearities without two
/// bounds, and for what is not finite. O(B units).
Reading saturation(const at::Tensor& outputs, double low, double high);
/// The same as a number; NaN without outputs, numbers that are not finite counted as below the bounds.
double saturated_share(const at::Tensor& outputs, double low, double high);

/// Of Sigmoid, HardSigmoid, Tanh, Softsign and Erf. Reading: a curve over depth.
MeasurementRecord saturation_record();

}  // namespace shatterproof
