// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "shatterproof/network/layer.h"

namespace shatterproof {

/// Per node: whether it lies between a pooling of a value over all positions and the product that scales the
/// same value by what is made of its summary, as in a squeeze and excitation. What passes there is one number
/// a channel that hardly differs between examples: it sets gains, and is no state of the network's.
std::vector<bool> recalibrating_nodes(const Network& network, const Structure& structure);

}  // namespace shatterproof
