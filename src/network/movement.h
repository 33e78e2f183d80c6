// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "shatterproof/network/node.h"

namespace shatterproof {

/// Whether the node gives out the numbers of its first input and no others, elsewhere, several times, only
/// some of them or in another type: they can be followed through it.
bool only_moves(const Node& node);

}  // namespace shatterproof
