// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <ATen/core/Tensor.h>

#include "shatterproof/measure/measurement.h"

namespace shatterproof {

/// In how many directions the gradients of a batch differ.
///
///   r(A) = tr(A^T A) / ||A||_2^2,  columns of A: gradients of the B examples less their mean
///
/// 1 <= r <= min(B - 1, D), gradients having D numbers: 1 when all differences lie on one line, min(B - 1, D)
/// when they are equally large in all directions. White gradients have about B D / (sqrt B + sqrt D)^2.
/// Unchanged by scaling, by rotating units and by adding the same gradient to all. Undefined for one example,
/// gradients that do not differ (rank 0; up to rounding: 1e-5 of their size in float32, 1e-12 in float64),
/// min(B, D) above 4,096 and what is not finite. O(B D min(B, D)), through the smaller of A^T A and A A^T;
/// all examples at once. [SG] section 5, after Vershynin (2012).
///
/// Reading: a scalar at the inputs, all together, or at the named tap.
MeasurementRecord effective_rank_record();

/// The same for gradients [examples, ...] at hand.
Reading effective_rank(const at::Tensor& gradients);

}  // namespace shatterproof
