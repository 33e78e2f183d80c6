// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

namespace shatterproof {

/// A number that seeds measure, less what is expected of it.
struct Differences {
  std::vector<double> by_seed;
  double shared_error = 0;  ///< of what is expected: correlated among numbers as those of one seed are
  double own_error = 0;     ///< likewise, of this number alone
};

/// How far several numbers that the same seeds measure lie from what is expected, together.
struct JointDistance {
  double f = 0;         ///< T^2 (seeds - numbers) / (numbers (seeds - 1)), T^2 = d^T S^-1 d
  double largest = 0;   ///< what it exceeds by chance as seldom as a Gaussian number four deviations
  int64_t numbers = 0;  ///< that vary over seeds, the first degrees of freedom
  double rest = 0;      ///< seeds - numbers, the second ones
};

/// d: the means. S = C / seeds + shared_i shared_j corr_ij + own_i^2 [i = j], C the covariance of seeds and
/// corr its correlations. Hotelling's T^2 where nothing but C is unknown. Numbers that do not vary are left
/// aside. Empty for fewer than two numbers, not more seeds than numbers, or numbers that follow from each
/// other.
std::optional<JointDistance> joint_distance(const std::vector<Differences>& numbers);

}  // namespace shatterproof
