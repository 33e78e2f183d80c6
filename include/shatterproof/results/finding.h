// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "shatterproof/results/remedy.h"

namespace shatterproof {

enum class Severity { info, watch, critical };
std::string_view to_string(Severity severity);

/// One number a finding rests on, beside what it is compared with.
struct Evidence {
  std::string name;  ///< the reading's name
  std::string tap;   ///< where it was read; empty when it speaks of the whole network
  double value = 0;
  std::string bound;  ///< "" exact; ">" or "<" when the value is only a bound
  std::optional<double> standard_error;
  std::optional<double> healthy;  ///< the value that separates healthy networks from others
  std::string healthy_side;       ///< ">" when healthy networks lie above `healthy`, "<" below, "" near it
  std::optional<double> theory;   ///< what theory predicts for this network
};

/// What a rule concluded from readings.
struct Finding {
  std::string id;  ///< the rule's name: "shattered"
  Severity severity = Severity::info;
  std::string case_name;             ///< which of several networks, empty when there is one
  std::string headline;              ///< the symptom in one line, with its number
  std::optional<LayerRange> layers;  ///< empty when it concerns no layer in particular
  std::vector<Evidence> evidence;
  std::string why;               ///< why it hurts, one sentence
  std::vector<Remedy> remedies;  ///< what to change in this network, the first one first
  std::string next;              ///< the same in words
  std::string cause;             ///< the finding this one follows from; empty when it stands for itself
  std::string confidence;        ///< "critical in 5 of 5 draws"; empty for one draw
  /// Concerns a part of the network that the signal has ways around: explains nothing of the whole.
  bool is_local = false;
  /// Arithmetic, and no trial of a part of the network, tells that it cannot learn: stays as severe as it is.
  bool is_certain = false;
};

}  // namespace shatterproof
