// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <ATen/core/Tensor.h>

namespace shatterproof {

/// Mean and biased variance of each unit over the batch.
struct UnitMoments {
  at::Tensor mean, variance;  ///< [units], in the type of x
};

/// Moments per unit of `x`, [batch, units, positions...], pooled over batch and positions.
///
///   mean_u = x_0u + (1/n) sum (x_iu - x_0u),   variance_u = (1/n) sum (x_iu - mean_u)^2
///
/// Sums in double, in a fixed order. Shifting by the first value makes the variance of a constant unit
/// exactly 0. Two passes, vectorized over units or positions: at::var_mean over axis 0 takes ten times as
/// long. Not differentiated.
UnitMoments unit_moments(const at::Tensor& x);

/// What normalizing amounts to: y = scale x + shift per unit.
///
///   scale = gain / sqrt(variance + epsilon), or 0 for a unit without variance and epsilon;  shift = bias -
///   mean scale
///
/// All [units], of one floating type. Differentiated with respect to gain, bias and moments.
struct UnitMap {
  at::Tensor scale, shift;
};
UnitMap normalizing_map(const UnitMoments& moments, double epsilon, const at::Tensor& gain,
                        const at::Tensor& bias);

/// Which units of `x` hold one value only: bool [units], or undefined when none does. Not differentiated.
/// Stops at the first row that shows all units to vary, usually the second.
at::Tensor constant_units(const at::Tensor& x);

}  // namespace shatterproof
