// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <ostream>

#include "shatterproof/mend/mend.h"

namespace shatterproof::cli {

/// What a person reads after mending: what was found, a row for each trial, what is kept, and who learns.
void print_mending(std::ostream& out, const Mended& mended);

}  // namespace shatterproof::cli
