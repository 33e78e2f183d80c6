// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "shatterproof/diagnose/rule.h"

namespace shatterproof {

/// Every rule. No other list of them exists.
std::span<const RuleRecord> rules();
/// The one with this id. Precondition: there is one.
const RuleRecord& rule_of(std::string_view id);

/// Names of the measurements the rules rest on, each once: what a check must measure.
std::vector<std::string> measurements_of_rules();

}  // namespace shatterproof
