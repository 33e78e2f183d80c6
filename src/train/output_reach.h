// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <optional>

#include "shatterproof/network/network.h"

namespace shatterproof {

/// What numbers a network's first output can be, whatever its last weights are.
struct OutputReach {
  at::Tensor least, most;  ///< float64, of the output's shape or one that expands to it; undefined where open
  /// Coordinates of a vector of length 1, or cosines, scaled or not: not all of them can be large at once.
  bool of_unit_length = false;
  std::optional<int64_t> rises_along;  ///< an axis of the output along which numbers never fall

  bool is_bounded() const { return least.defined() || most.defined(); }
};

/// Follows the output back through copies, functions of single numbers with constants (factors, shifts,
/// sigmoid, tanh, rectifiers, however they are written) and running sums, to what weights make, which can be
/// any number, or to vectors of length 1. What lies between is tried at numbers from -5 to 5 and far out: a
/// bound counts where the near ones come to it, and of a range wider than twice what they reach, what they
/// reach. A final softmax is passed over; of a concatenation counts what each of its parts can be. Parameters
/// within count as they are. Open where it cannot be told.
OutputReach output_reach(const Network& network, const at::Tensor& output);

}  // namespace shatterproof
