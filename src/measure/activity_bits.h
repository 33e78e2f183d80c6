// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <ATen/core/Tensor.h>

#include <algorithm>
#include <cstdint>
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

/// visit(bits, first) for every 64 rows of z [rows, units], in order; the last are fewer.
template <typename Visit>
void each_activity(const at::Tensor& z, Visit visit) {
  ActivityBits bits;
  for (int64_t first = 0; first < z.size(0); first += ActivityBits::kMostInputs) {
    bits.read(z, first, std::min(ActivityBits::kMostInputs, z.size(0) - first));
    visit(bits, first);
  }
}

}  // namespace shatterproof
