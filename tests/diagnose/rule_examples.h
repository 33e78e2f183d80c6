// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <ostream>
#include <string>
#include <vector>

#include "shatterproof/examine/check.h"

namespace shatterproof {

/// A network and how it is checked.
struct Example {
  std::function<Subject()> subject;
  CheckOptions options;
};

/// Of one rule, a network that gets its finding and its nearest twin that does not.
struct RuleExample {
  std::string rule;
  Example sick, healthy;
};

inline void PrintTo(const RuleExample& example, std::ostream* stream) {
  *stream << example.rule;
}

/// One for each rule. Small: all of them together take a minute or two.
std::vector<RuleExample> rule_examples();

}  // namespace shatterproof
