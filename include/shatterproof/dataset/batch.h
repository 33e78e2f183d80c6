// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <string>
#include <vector>

namespace shatterproof {

/// Examples on which a network runs: one tensor per network input, axis 0 the examples.
struct Batch {
  std::vector<at::Tensor> inputs;
  at::Tensor labels;        ///< int64 [examples], or undefined
  bool along_path = false;  ///< neighbours along axis 0 are neighbours in space: a grid or a path
  /// Whose statistics `detached` normalizations take: undefined for the batch itself; for a path, its end
  /// points' batch.
  std::vector<at::Tensor> statistics_inputs;
  std::string description;  ///< "cifar10, 256 examples"

  int64_t examples() const { return inputs.empty() ? 0 : inputs.front().size(0); }
  /// Examples [first, first + count), sharing memory.
  Batch slice(int64_t first, int64_t count) const;
  /// All inputs beside one another, [examples, numbers]: one number for each example is a column.
  at::Tensor rows() const;
};

}  // namespace shatterproof
