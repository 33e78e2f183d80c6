// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <ATen/core/Tensor.h>

#include "shatterproof/measure/measurement.h"

namespace shatterproof {

/// The gradient along ordered inputs, as a picture.
///
///   D = 1: t_m = g_m at input x_m;  D > 1: t_m = <g_m, u_m>, u_m = (x_{m+1} - x_m) / ||x_{m+1} - x_m||
///
/// x_m: the M inputs along a path (a grid, or points on the line between two examples), g_m the gradient
/// there. Along a line t_m is the derivative of the functional per unit of distance. The last point takes the
/// direction of the one before it; so does a point that does not move on. Any finite value; doubles with the
/// functional. Undefined for unordered inputs, for one example, when the inputs do not move at all, and for
/// what is not finite. Keeps inputs and gradients. O(M D). [SG] figure 1.
///
/// `inputs`, the x_m in their order along the path, and `gradients`, the g_m, are [M, D numbers...] of any
/// floating dtype, on any device.
Reading gradient_trace(const at::Tensor& inputs, const at::Tensor& gradients);

/// Of a network. Reading: a curve over the input itself (D = 1) or over the distance travelled, scaled to [0,
/// 1].
MeasurementRecord gradient_trace_record();

}  // namespace shatterproof
