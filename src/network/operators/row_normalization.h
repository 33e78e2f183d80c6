// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <ATen/core/Tensor.h>

namespace shatterproof {

/// Rows of `x`, its axes from `axis` on, each to mean 0 and variance 1, times gain plus bias.
///
///   y = gain (x - mean) / sqrt(variance + epsilon) + bias
///
/// `gain` and `bias` broadcast to a row; either may be undefined, a bias only where there is a gain. With
/// epsilon 0 a row without variance gives its bias. Differentiated through the statistics.
at::Tensor normalized_rows(const at::Tensor& x, int64_t axis, double epsilon, const at::Tensor& gain,
                           const at::Tensor& bias);

}  // namespace shatterproof
