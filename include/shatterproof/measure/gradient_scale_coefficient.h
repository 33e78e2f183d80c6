// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <ATen/core/Tensor.h>

#include "shatterproof/measure/measurement.h"

namespace shatterproof {

/// By how much a relative change of what a layer makes is amplified on its way to the output.
///
///   GSC(k) = ||J||_qm ||f_k|| / ||f||,   J = df/df_k,   ||J||_qm = ||J||_F / sqrt(d_k)
///   over a batch, a ratio of quadratic means:
///   GSC(k)^2 = (sum_b ||g_{k,b}||^2 / d_k) / (sum_b ||v_b||^2 / d)  sum_b ||f_{k,b}||^2 / sum_b ||f_b||^2
///
/// f_k: what linear map k makes, d_k numbers, its bias included; where skips run side by side with layers,
/// the sums in which they end instead. f: all outputs, d numbers. g_{k,b}: gradient of the functional
/// `probe`, which draws v_b ~ N(0, I) per example, so that E ||g||^2 = ||J||_F^2; dividing by the v_b that
/// were drawn rather than by their expectation B makes it exact for orthogonal J. GSC >= 0, 1 at the output
/// itself; no rescaling of layers changes it that leaves the function as it is. Undefined without linear
/// layers, for outputs that are all zero, and what is not finite. Averaged over seeds geometrically.
/// O(B units). [GE] section 3.
///
/// `values`, f_k, and `gradients`, g_k, are [B, d_k numbers...]; `outputs`, f, and `output_gradients`, the
/// v_b, are [B, d numbers...]; of any floating dtype, on any device.
Reading gradient_scale_coefficient(const at::Tensor& values, const at::Tensor& gradients,
                                   const at::Tensor& outputs, const at::Tensor& output_gradients);

/// Of a network. Reading: a curve over depth, drawn from the input.
MeasurementRecord gradient_scale_coefficient_record();

}  // namespace shatterproof
