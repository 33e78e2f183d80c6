// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <string>
#include <vector>

namespace shatterproof::cli {

/// All that is said of one control of the laboratory: the page draws it, and a setting is read, by this
/// record.
struct LabControl {
  struct Range {
    double least = 0, most = 0, step = 1;
  };

  std::string name;     ///< its key in an address
  std::string label;    ///< for people
  std::string meaning;  ///< one sentence
  std::string otherwise;
  std::vector<std::string> words;  ///< the values it takes; empty: numbers
  Range range;                     ///< of numbers
  bool of_network = false;         ///< an option of the network, by this name; else how it is drawn or run
  std::vector<std::string> only;   ///< families it says something of; empty: all

  bool concerns(const std::string& family) const;
};

/// Every control, in the order of the page. No other list of them exists.
std::span<const LabControl> lab_controls();
/// The one of that name, or nullptr.
const LabControl* find_lab_control(const std::string& name);

/// All of them as a JSON array, for the page.
std::string lab_controls_json();

}  // namespace shatterproof::cli
