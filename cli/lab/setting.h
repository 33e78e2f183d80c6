// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "shatterproof/core/spec.h"
#include "shatterproof/examine/session.h"

namespace shatterproof::cli {

/// A state of the laboratory: a value for each control.
class LabSetting {
 public:
  /// Every control at its default.
  LabSetting() = default;
  /// Throws std::invalid_argument, in one line, on a name that no control has or that is given twice, a value
  /// that its control does not take, a control that says nothing of the family, and on what would take too
  /// long or too much memory.
  explicit LabSetting(const std::vector<std::pair<std::string, std::string>>& values);
  /// What `lab NETWORK --init --inputs --seed` ask for; an empty word asks for nothing. Throws likewise, also
  /// on an option of a family that the laboratory has no control for, and on an activation beside `crelu`.
  static LabSetting of_words(const std::string& network, const std::string& init, const std::string& inputs,
                             const std::string& seed);

  std::string word(const std::string& control) const;
  double number(const std::string& control) const;
  int64_t count(const std::string& control) const;

  bool is_noise() const;
  /// "residual:depth=50,...", as every command takes it. Precondition: no noise, as below.
  std::string network() const;
  /// What is differentiated: the sum of the outputs, one logit once there are classes.
  std::string functional() const;
  /// How it is drawn and run.
  SessionOptions session() const;

  /// What differs from the defaults, as an address has it: "depth=24&norm=center".
  std::string query() const;
  /// Command lines that print the same numbers; where they draw another seed, a comment behind them says so.
  std::vector<std::string> commands() const;
  /// The same as the file of a study, which draws seed 1: its first line says so where another was shown.
  std::string study() const;

 private:
  void set(const std::string& control, const std::string& value);
  void take_crelu(const Spec& spec);
  void require_meaning() const;
  void require_affordable() const;
  std::string note_of_seed() const;

  std::map<std::string, std::string> values_;  // those that were set
};

/// The measurements of the picture, and those that come when nobody drags any more.
const std::vector<std::string>& lab_measurements(bool whole);

}  // namespace shatterproof::cli
