// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "shatterproof/run/execution.h"
#include "shatterproof/run/tap_source.h"

namespace shatterproof {

/// What one input of a node held: its finite numbers lie in [least, greatest].
struct ValueRange {
  std::string value;  ///< name
  double least = 0, greatest = 0;
  int64_t not_finite = 0;  ///< how many numbers are NaN or infinite
  int64_t numbers = 0;
};

/// The first place where a number stopped being one.
struct NonFinite {
  bool backward = false;  ///< in the gradient, the values being finite
  std::string what;       ///< "nan" or "inf"
  std::string node;       ///< that made it: its name, or the network input's
  std::string op;         ///< empty for a network input
  int layer = 0;          ///< see Tap::layer
  /// What it read; behind that the mask whose -inf became a NaN there, where that is another value.
  std::vector<ValueRange> inputs;
};

/// Runs forward and backward and looks at every node: which is the first whose output, or, when all outputs
/// are finite, whose derivative has a NaN or an infinity? Empty when there is none.
///
/// A score of -inf masks an entry and is no accident where it becomes finite again, in a softmax or in an
/// exponential, whatever it passes on its way. Where it becomes NaN or +inf this node is named, unless the
/// -inf is an input's or was made of finite numbers: then what made it is, as it is where -inf reaches an
/// output. `options.every_node` is set by the call. Cost: one pass, a second one for the ranges when the
/// trouble is backward.
std::optional<NonFinite> first_non_finite(const Network& network, const Batch& batch, RunOptions options);
/// The same of a source that runs a graph.
std::optional<NonFinite> first_non_finite(TapSource& source, const Batch& batch, RunOptions options);

}  // namespace shatterproof
