// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <ostream>
#include <span>

#include "shatterproof/results/claim.h"
#include "shatterproof/study/mutation.h"
#include "shatterproof/study/study.h"

namespace shatterproof::cli {

/// What a study claims, case by case, with what was measured; at most 100 columns wide.
void print_claims(std::ostream& out, const Study& study, std::span<const Claim> claims, double seconds);

/// How many claims fail as the study is and for every mutation, and of these the first.
void print_mutations(std::ostream& out, const Study& study, std::span<const NoticedMutation> all);

}  // namespace shatterproof::cli
