// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <ostream>
#include <span>

#include "shatterproof/results/claim.h"
#include "shatterproof/study/study.h"

namespace shatterproof::cli {

/// What a study claims, case by case, with what was measured; at most 100 columns wide.
void print_claims(std::ostream& out, const Study& study, std::span<const Claim> claims, double seconds);

}  // namespace shatterproof::cli
