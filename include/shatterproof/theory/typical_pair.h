// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "shatterproof/theory/stack.h"

namespace shatterproof {

/// Variance V of the states of a stack, on which the first norm of each block stands: before each block, and
/// after the last.
///
///   V <- skip^2 V + branch^2 v      v = `branch_variance` where a norm comes first, else v V
///
/// blocks + 1 numbers.
std::vector<double> state_variances(const RectifierStack& stack, double branch_variance);

/// What the gradients of two typical inputs have at one place, relative to the last state.
struct GradientMoments {
  double variance = 1;     ///< C = E g^2
  double correlation = 1;  ///< R = E g g' / E g^2
};

/// The theorems of [SG] for finite depth: gates are fair coins, a quarter of the units is active on both.
///
///   C = prod (skip^2 + b^2),   R = prod (skip^2 + b^2 / 2^p) / (skip^2 + b^2)
///
/// over the blocks behind the place; p rectifiers on the branch, b^2 = branch^2, divided by V of every norm.
/// Batch norm keeps unit variance: V = 1 before the first block, every branch adds branch^2.
/// blocks + 1 entries, the last {1, 1}. O(blocks). [SG] theorems 1 to 3, corollary 1.
std::vector<GradientMoments> typical_pair(const RectifierStack& stack);

}  // namespace shatterproof
