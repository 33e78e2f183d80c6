// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <ATen/core/Tensor.h>

#include <optional>
#include <string>
#include <vector>

#include "shatterproof/dataset/batch.h"
#include "shatterproof/run/tap_source.h"

namespace shatterproof {

/// Squares of the gradient of a last state with respect to what enters at each step, summed over examples and
/// numbers: [steps], float64, the last step first.
struct StepSquares {
  std::string name;  ///< of the recurrence; empty: from the first recurrent node to the last
  at::Tensor squares;
};

/// What gradient_over_time is made of.
struct StateGradients {
  std::vector<StepSquares> paths;  ///< the whole first; the recurrences, where there are several
  /// The most steps from one to the next that the outputs read themselves; empty when they read none.
  std::optional<int64_t> span;
  std::string obstacle;  ///< why there is nothing; then there is nothing else
};

/// Of what a source runs that has a graph.
StateGradients state_gradients(TapSource& source, const Batch& batch, const RunOptions& options);

}  // namespace shatterproof
