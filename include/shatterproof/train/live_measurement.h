// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace shatterproof {

/// A measurement that is made again and again while a network trains, on the same probe batch.
struct LiveMeasurement {
  std::string name;
  int64_t every = 1;
  bool epochs = false;  ///< `every` counts epochs and not steps

  /// "NAME@16" every 16 steps, "NAME@2e" after every second epoch. Throws std::invalid_argument on another
  /// form, and on an unknown measurement (naming the known ones).
  static LiveMeasurement parse(std::string_view text);

  /// After so many steps; before the first one too.
  bool is_due(int64_t steps_made, int64_t steps_per_epoch) const;
};

}  // namespace shatterproof
