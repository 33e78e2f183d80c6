// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <ostream>

#include "shatterproof/examine/compare.h"

namespace shatterproof::cli {

/// What a person reads after a comparison; `all`: also numbers that do not differ.
void print_comparison(std::ostream& out, const Comparison& comparison, bool all);
/// The same for a pull request: one line, then findings and what differs as tables.
void print_markdown(std::ostream& out, const Comparison& comparison, bool all);

}  // namespace shatterproof::cli
