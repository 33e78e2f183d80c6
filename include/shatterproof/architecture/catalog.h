// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "shatterproof/core/spec.h"
#include "shatterproof/network/network.h"

namespace shatterproof {

/// All that is said of a family: help, docs and errors read this record and nothing else.
struct FamilyRecord {
  std::string name, sentence, formula, reference;
  std::vector<OptionRecord> options;
  Network (*build)(const Spec& values);
};

/// Every family. No other list of them exists.
std::span<const FamilyRecord> families();
/// The record named `name`, or nullptr.
const FamilyRecord* find_family(std::string_view name);

/// The network that "residual:depth=50,norm=batch" names, its weights zero until initialized.
/// Throws std::invalid_argument on an unknown family or option (naming the known ones), on a value out of
/// range, and on more than kMostParameters numbers, before anything is allocated.
Network build_family(std::string_view spec);

}  // namespace shatterproof
