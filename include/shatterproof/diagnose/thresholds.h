// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

namespace shatterproof {

/// One number a rule compares a reading with. Scale-free: rescaling layers of a network changes no
/// comparison.
struct Threshold {
  std::string name;  ///< "shattered.critical_length"
  double value = 0;
  std::string meaning;
};

/// The table of all thresholds.
class Thresholds {
 public:
  /// The values the rules were calibrated with.
  Thresholds();
  /// The table with the values a TOML file overrides: `[shattered]`, `critical_length = 0.05`. Throws IoError
  /// when it cannot be read, std::invalid_argument on an unknown name or a value that is no finite number.
  static Thresholds read(const std::string& path);

  const std::vector<Threshold>& all() const { return all_; }
  /// Those named after a rule, "shattered.watch_length".
  std::vector<Threshold> of(const std::string& rule) const;
  /// Throws std::invalid_argument when there is no such threshold; likewise below.
  double value(const std::string& name) const;
  void set(const std::string& name, double value);

 private:
  std::vector<Threshold> all_;
};

}  // namespace shatterproof
