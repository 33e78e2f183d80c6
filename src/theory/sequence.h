// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "shatterproof/core/random.h"

namespace shatterproof {

/// One random stream, read from its beginning.
class RandomSequence {
 public:
  RandomSequence(uint64_t seed, std::string_view name) : stream_(seed, name) {}

  void gaussian(std::span<double> out) { stream_.gaussian(out, advance(out.size())); }
  void uniform(std::span<double> out) { stream_.uniform(out, advance(out.size())); }

 private:
  // Reads begin at multiples of 4.
  uint64_t advance(uint64_t count) {
    const uint64_t first = next_;
    next_ += (count + 3) / 4 * 4;
    return first;
  }

  RandomStream stream_;
  uint64_t next_ = 0;
};

}  // namespace shatterproof
