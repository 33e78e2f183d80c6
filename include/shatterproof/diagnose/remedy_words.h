// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "shatterproof/results/remedy.h"

namespace shatterproof {

/// A remedy in one clause, with what it promises and what was measured: "scale every residual branch by 0.2:
/// predicted growth of gradients 1.2, now 52".
std::string words_of(const Remedy& remedy);
/// Several, the first one first.
std::string words_of(const std::vector<Remedy>& remedies);

}  // namespace shatterproof
