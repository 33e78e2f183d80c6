// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <ATen/core/Tensor.h>

namespace shatterproof {

/// Whether the numbers were computed and not drawn or learned, so that training would not change them:
///
///   masks                minus infinity or a number below -1e4 somewhere, or zeros and ones and nothing else
///   oscillating tables   x[t + 1] + x[t - 1] = k x[t] along some axis of positions, one k per column: sines
///   and
///                        cosines of any frequency and phase (rotary and sinusoidal positions), and straight
///                        lines, k = 2 (biases by distance)
///   frequencies          one axis, in geometric progression
///
/// Numbers that are all equal are neither: gains start at one, biases and many tables at zero. An axis of
/// positions has at least four entries. O(numbers).
bool is_fixed_table(const at::Tensor& value);

/// Whether all numbers are equal.
bool is_uniform(const at::Tensor& value);

}  // namespace shatterproof
