// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>

#include "shatterproof/network/network.h"

namespace shatterproof {

/// Whether the node gives out the numbers of its first input and no others, elsewhere, several times, only
/// some of them or in another type: they can be followed through it.
bool only_moves(const Node& node);

/// The node that made the numbers of a value, past those that only moved them; -1 where it is an input or a
/// parameter.
int64_t maker_of_numbers(const Network& network, std::string value);

/// That of the first output, past softmaxes too.
int64_t maker_of_logits(const Network& network);

}  // namespace shatterproof
