// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <ostream>
#include <string>

#include "shatterproof/examine/check.h"

namespace shatterproof::cli {

/// The worst severity, or "HEALTHY".
std::string verdict_word(const Diagnosis& diagnosis);

/// How the network fared with random labels, and with a loss of its user's where there was one; empty where
/// nothing was tried.
std::string rehearsals_text(const Checked& checked);

/// What a person reads after a check: how it was made, at most five findings, then what is healthy, the
/// profiles, and the coverage.
void print_verdict(std::ostream& out, const Checked& checked);

}  // namespace shatterproof::cli
