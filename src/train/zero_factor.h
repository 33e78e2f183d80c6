// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "shatterproof/network/layer.h"
#include "shatterproof/train/awakening.h"

namespace shatterproof {

/// Trainable parameters that multiply and are zero throughout, with what the graph says they are for. Biases
/// and shifts are none: zero is what they start from.
std::vector<ZeroFactor> zero_factors(const Network& network, const Structure& structure);

}  // namespace shatterproof
