// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <ATen/core/Tensor.h>

#include "shatterproof/measure/measurement.h"

namespace shatterproof {

/// How much larger the skip into a residual sum is than the branch.
///
///   k = sqrt(sum_b ||skip_b||^2 / sum_b ||branch_b||^2)
///
/// skip_b, branch_b: what enters the sum for example b, scaled as it enters. k >= 0; 1: both alike; above 1
/// the skip dilutes what the branch does: of a growth r per block remains sqrt(1 + (r^2 - 1)/(k^2 + 1)) where
/// the two are orthogonal. Unchanged by scaling both. Undefined without residual sums, where the branch is
/// zero, and where numbers are not finite. O(B units). [GE] section 6.
///
/// `skip` and `branch`, the two sides of one sum, are [B, units...] of any floating dtype, on any device.
Reading dilution(const at::Tensor& skip, const at::Tensor& branch);

/// Of a network. Reading: a curve over depth, a number at every residual sum.
MeasurementRecord dilution_record();

}  // namespace shatterproof
