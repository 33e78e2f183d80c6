// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "shatterproof/experiment/experiment.h"

namespace shatterproof {

/// How far a network is from an affine map, over the spread of its inputs.
///
///   NLC = sqrt(E_b Tr(J_b Cov_x J_b^T) / Tr Cov_f)
///       ~ sqrt(mean_{b,i} (u_b^T J_b (x_i - mean x))^2 / mean_{b,i} (u_b^T (f_i - mean f))^2)
///
/// J_b: Jacobian at example b; Cov_x, Cov_f: covariances of inputs and outputs over the batch (several
/// inputs, several outputs: one long vector; token ids: their embeddings; a final softmax is taken off). u_b
/// ~ N(0, I), independent for each example, the same above and below, so that an affine network has exactly
/// 1; the mean over i is over the whole batch, and four draws of all u_b are taken together. NLC >= 0; 1 to 5
/// is healthy; large where outputs vary little beside what the gradients promise: the function oscillates.
/// Unchanged by scaling of inputs, outputs and layers. Undefined for one example, outputs that do not vary,
/// and what is not finite. Averaged over seeds geometrically. Cost: three forward and four
/// backward passes, and O(B^2 numbers). Philipp and Carbonell (2018), after [GE].
///
/// Reading: a scalar.
ExperimentRecord nonlinearity_coefficient_record();

}  // namespace shatterproof
