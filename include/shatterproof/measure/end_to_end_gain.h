// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <ATen/core/Tensor.h>

#include "shatterproof/measure/measurement.h"

namespace shatterproof {

/// By how much the network as a whole stretches the variation of its inputs.
///
///   gain = sqrt(mean_b ||g_b||^2 / d_in / (mean_b ||v_b||^2 / d_out)) std(x),  std(x) = sqrt(mean over input
///   numbers of their variance over examples)
///
/// g_b: gradient of the functional `probe`, <v_b, f_b>, with respect to example b, d_in numbers, so that
/// E ||g_b||^2 = ||J_b||_F^2 of the Jacobian for v_b ~ N(0, I); what ||v_b|| differs from that does not
/// count. Several inputs, or outputs, count as one long vector. gain >= 0; 0 when no output depends on the
/// input; far below 1 the signal and the gradients vanish, far above 1 they explode. Doubles with the weights
/// of any one linear layer of a network without normalization. Undefined for one example, inputs that do not
/// vary, a gradient of zero at the outputs, and what is not finite. O(B d_in). [GE]; the absolute size that a
/// scale-free coefficient does not see.
///
/// `inputs`, `gradients`, the g_b, and `output_gradients`, the v_b, are [B, numbers...] of any floating
/// dtype, on any device.
Reading end_to_end_gain(const at::Tensor& inputs, const at::Tensor& gradients,
                        const at::Tensor& output_gradients);

/// Of a network. Reading: a scalar.
MeasurementRecord end_to_end_gain_record();

}  // namespace shatterproof
