// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "shatterproof/core/spec.h"

namespace shatterproof {

/// The option `threshold` of effective depths: parts of the output smaller than this are not counted.
OptionRecord counted_part_option();
/// Its value. Throws std::invalid_argument unless it is above 0.
double counted_part(const Spec& spec);

}  // namespace shatterproof
