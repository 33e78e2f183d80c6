// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <functional>
#include <span>
#include <vector>

namespace shatterproof {

/// Which units are active (z > 0) on up to 64 inputs that follow each other.
struct ActivityBits {
  static constexpr int64_t kMostInputs = 64;

  /// Reads rows [first, first + inputs) of z [rows, units], contiguous, float or double, on the processor.
  void read(const at::Tensor& z, int64_t first, int64_t inputs);

  int64_t inputs = 0;
  std::vector<uint64_t> words;  ///< per unit: bit i is set when it is active on the i-th of the inputs
  bool finite = true;           ///< whether every number read was
};

/// visit(blocks, first) for the rows of z [rows, units] in order: blocks of 64 rows that follow each other
/// from row `first` on, the very last of fewer, 1,024 rows at a time. Reads on as many threads as tensor
/// operations have.
void each_activity(const at::Tensor& z,
                   const std::function<void(std::span<const ActivityBits> blocks, int64_t first)>& visit);

}  // namespace shatterproof
