// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <vector>

#include "shatterproof/theory/stack.h"

namespace shatterproof {

struct GatesOptions {
  int64_t units = 200;
  int64_t networks = 2000;
  uint64_t seed = 1;
};

/// C and R at one place, over simulated networks.
struct SimulatedMoments {
  double variance = 1, variance_error = 0;
  double correlation = 1, correlation_error = 0;
};

/// The theorems' own world, simulated: the gradients of two inputs go back through a stack whose gates are
/// independent fair coins (a quarter of the units active on both) and whose weights are N(0, 2/units).
///
///   g <- skip g + branch / sqrt V  D W^T g,      D the gates, V of the norms as in typical_pair
///   C = E||g||^2,   R = E<g, g'> / E((||g||^2 + ||g'||^2) / 2),   the last state having ||g|| = 1
///
/// Given g and g', the entries of W^T g and W^T g' are independent Gaussian pairs whose covariance is 2/units
/// times the Gram matrix of g and g': drawn as such, one block costs O(units). blocks + 1 entries as in
/// typical_pair, which it must agree with. Throws std::invalid_argument without units or with fewer than 2
/// networks.
std::vector<SimulatedMoments> simulate_gates(const RectifierStack& stack, const GatesOptions& options = {});

}  // namespace shatterproof
