// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <vector>

#include "shatterproof/dataset/batch.h"
#include "shatterproof/network/network.h"

namespace shatterproof {

/// Sizes of every node's first output that depends on the input, axis 0 the examples, for two of the batch's
/// examples, or as many as an input is frozen to.
std::map<size_t, std::vector<int64_t>> output_shapes(const Network& network, const Batch& batch);

}  // namespace shatterproof
