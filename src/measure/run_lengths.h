// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include "measure/activity_bits.h"

namespace shatterproof {

/// Lengths of the maximal runs of equal activity of every unit, along inputs that arrive in order.
class RunLengths {
 public:
  /// The next inputs, in blocks that follow each other. Throws std::invalid_argument when they have other
  /// units than those before.
  void add(std::span<const ActivityBits> blocks);

  int64_t inputs() const { return inputs_; }
  int64_t units() const { return static_cast<int64_t>(open_.size()); }
  bool finite() const { return finite_; }
  /// How many runs have a length in [2^c, 2^(c + 1)), c = 0 ... floor(log2 inputs); those that reach the last
  /// input end there.
  std::vector<int64_t> counts() const;

 private:
  using Counts = std::array<int64_t, 65>;  // by the bits of a length

  // The runs of units [begin, end) that end in these blocks.
  Counts ended_runs(std::span<const ActivityBits> blocks, size_t begin, size_t end);

  int64_t inputs_ = 0;
  bool finite_ = true;
  std::vector<uint8_t> last_;  // per unit: its activity on the last input
  std::vector<int64_t> open_;  // per unit: inputs since it last switched
  Counts by_bit_width_{};      // ended runs
};

}  // namespace shatterproof
