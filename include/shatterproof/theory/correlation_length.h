// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "shatterproof/theory/stack.h"

namespace shatterproof {

/// What is left of the input gradient after moving by `distance` from one independent Gaussian input of many
/// numbers towards another, and how far one may move until half is left.
struct CorrelationProfile {
  std::vector<double> distance;     ///< 2^-8, 2^-7, ..., 1
  std::vector<double> correlation;  ///< c(distance)
  double length = 1;                ///< where c falls below 1/2, interpolated in log distance
  std::string bound;                ///< ">" when it never does, "<" when it has at the first distance
};

/// The profile of a stack in infinite width, batch statistics being those of undisplaced inputs.
///
///   ||x + d (x' - x)||^2 = (1 - d)^2 + d^2,   <x, x + d (x' - x)> = 1 - d      (unit inputs, large
///   dimension) c(d) = R of that pair (see follow_pair)
CorrelationProfile correlation_profile(const RectifierStack& stack);

}  // namespace shatterproof
