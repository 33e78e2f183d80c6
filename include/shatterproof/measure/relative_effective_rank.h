// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <ATen/core/Tensor.h>

#include "shatterproof/measure/measurement.h"

namespace shatterproof {

/// How near the gradients of a batch are to white noise, by their effective rank.
///
///   r(A) / E r(W),  W: independent standard normal numbers in the shape of A
///
/// r as in effective_rank, W centred like A. Positive: near 0 when a few directions hold all differences, 1
/// when the gradients are white, above 1 when they are spread more evenly than chance spreads them. E r(W) is
/// a mean over draws of the eigenvalues, within a standard error of .05 %; the draws are always the same.
/// Unchanged by scaling, by rotating units and by adding the same gradient to all. Undefined where
/// effective_rank is, and for two examples or gradients of one number, which can only differ in one
/// direction. Costs little more than effective_rank. [SG] section 5, figure 5; eigenvalues as Dumitriu and
/// Edelman 2002 draw them.
///
/// Reading: a scalar at the inputs, all together, or at the named tap.
MeasurementRecord relative_effective_rank_record();

/// The same for gradients [examples, ...] at hand.
Reading relative_effective_rank(const at::Tensor& gradients);

}  // namespace shatterproof
