// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <vector>

#include "shatterproof/theory/mean_over_draws.h"

namespace shatterproof {

/// Mean and standard error of vectors that come one by one (Welford). Vectors that are not finite are left
/// out.
class RunningMean {
 public:
  void add(std::span<const double> values);
  /// Throws std::invalid_argument when fewer than two vectors came.
  MeanOverDraws result() const;

 private:
  int64_t count_ = 0;
  std::vector<double> mean_, squares_;
};

}  // namespace shatterproof
