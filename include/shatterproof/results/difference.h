// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace shatterproof {

/// One number of two results beside each other.
struct DifferenceRecord {
  std::string name, tap;               ///< of the reading
  std::string case_name;               ///< which of several networks, the same on both sides
  std::string functional, batch_norm;  ///< how both were measured
  std::string x_name;                  ///< of a curve: its axis
  std::optional<double> x;             ///< and the place on it
  std::optional<double> other_x;       ///< the place on the second one's axis, where the axes differ
  double a = 0, b = 0;                 ///< the first one's and the second one's
  bool logarithmic = false;  ///< compared as log(b / a), of readings with geometric means; else b - a
  double difference = 0;
  std::optional<double> standard_error;  ///< of the difference; empty where a side is one draw
  int64_t pairs = 0;                     ///< draws of the same seed behind it; 0: the sides' own means
  /// Of so large a difference between results of one law, all numbers that were compared taken together.
  std::optional<double> probability;
  bool differs = false;  ///< beyond its error
};

}  // namespace shatterproof
