// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <ATen/core/Tensor.h>

#include "shatterproof/measure/measurement.h"

namespace shatterproof {

/// What one block does to what passes beside it.
///
///   update = sqrt(sum_b ||branch_b||^2 / sum_b ||skip_b + branch_b||^2)
///
/// skip_b, branch_b: what enters the sum for example b, scaled as it enters. update >= 0: 0 for a block that
/// is the identity, sqrt(1/2) for one as large as its skip and orthogonal to it. Undefined where the sum is
/// zero, and where numbers are not finite. O(B units).
///
/// `skip` and `branch` are [B, units...] of any floating dtype, on any device.
Reading residual_update(const at::Tensor& skip, const at::Tensor& branch);

/// Of a network: how its state grows over the sums in which blocks end.
///
///   residual_stream(l) = rms(sum_l) / rms(skip_1),   rms over examples and units
///   residual_update(l) as above;   p_l = residual_update(l)^2
///   residual_blocks = (sum_l p_l)^2 / sum_l p_l^2,   residual_identities = share of l with p_l < 1/100
///
/// Sums within a branch of another are left out. residual_blocks in (0, L]: L where all of L blocks change
/// the state by the same part, 1 where one block does everything; behind norms that keep branches of one
/// size p_l = 1/(l + 1), and of L blocks (ln L)^2 / (pi^2/6 - 1) count. Unchanged by scaling inputs where
/// the network is linear in them. Sun et al. (2025); Wang et al. (2022); Xiong et al. (2020).
///
/// Readings: two curves over depth, two scalars.
MeasurementRecord residual_stream_record();

}  // namespace shatterproof
