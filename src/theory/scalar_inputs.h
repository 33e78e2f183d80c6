// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "shatterproof/core/interrupt.h"
#include "shatterproof/theory/setting.h"

namespace shatterproof {

/// Scalar inputs as points with weights that add up to 1: a grid as it is; the normal distribution by the
/// trapezoidal rule on [-6, 6], with which means over pairs are right to about 1e-3.
struct ScalarInputs {
  std::vector<double> x, weights;
  bool distinct = false;  ///< pairs are pairs of different points, as on a grid

  /// visit(x, x', weight) for all pairs, each once; the weights add up to 1. O(points^2).
  template <typename Visit>
  void for_each_pair(Visit visit) const {
    const double all = pair_weight();
    for (size_t i = 0; i < x.size(); ++i) {
      throw_if_interrupted();
      for (size_t j = 0; j <= i; ++j) {
        if (i == j && distinct) continue;
        visit(x[i], x[j], (i == j ? 1 : 2) * weights[i] * weights[j] / all);
      }
    }
  }

  /// Sum of the weights of all pairs.
  double pair_weight() const;
};

/// Throws std::invalid_argument when the grid has more points than pairs are followed for.
ScalarInputs scalar_inputs(const Setting& setting);

}  // namespace shatterproof
