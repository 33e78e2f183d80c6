// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "shatterproof/network/network.h"

namespace shatterproof {

/// Whether the node multiplies from the left by a matrix that says who is whose neighbour, as graph networks
/// do: a square parameter, not the same off its diagonal, that is symmetric, or of no number below 0 and rows
/// that sum to 1. Each row of what it multiplies becomes a mean or sum of others; nobody draws or learns
/// such numbers. O(numbers).
bool averages_neighbours(const Network& network, const Node& node);

}  // namespace shatterproof
