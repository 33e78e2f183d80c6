// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "shatterproof/diagnose/rule.h"

namespace shatterproof {

/// To begin with gains of 1, where weights are initial ones and the gains of the norms, those that are all
/// zero aside, are below a half in root mean square; else nothing.
std::vector<Remedy> other_gains(const Examination& examination);
/// "; the gains of the norms are 0.015, where frameworks begin with 1", or nothing.
std::string small_gains_sentence(const Examination& examination);

}  // namespace shatterproof
