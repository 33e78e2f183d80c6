// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "measure/activity_bits.h"

namespace shatterproof {

/// Lengths of the maximal runs of equal activity of every unit, along inputs that arrive in order.
class RunLengths {
 public:
  /// The next inputs. Throws std::invalid_argument when they have other units than those before.
  void add(const ActivityBits& bits);

  int64_t inputs() const { return inputs_; }
  int64_t units() const { return static_cast<int64_t>(open_.size()); }
  bool finite() const { return finite_; }
  /// How many runs have a length in [2^c, 2^(c + 1)), c = 0 ... floor(log2 inputs); those that reach the last
  /// input end there.
  std::vector<int64_t> counts() const;

 private:
  int64_t inputs_ = 0;
  bool finite_ = true;
  std::vector<uint8_t> last_;               // per unit: its activity on the last input
  std::vector<int64_t> open_;               // per unit: inputs since it last switched
  std::array<int64_t, 65> by_bit_width_{};  // ended runs, by the bits of their length
};

}  // namespace shatterproof
