// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <vector>

#include "shatterproof/dataset/batch.h"
#include "shatterproof/network/network.h"

namespace shatterproof {

/// Independent standard normals for every input of a network, new ones with every seed.
///
/// Number i of an input, row-major over [examples, shape of the input], is a function of (seed, name of the
/// input, i) alone. Integer inputs get uniform ids from 0 to `vocabulary` - 1, boolean ones fair coins.
/// Throws std::invalid_argument when an input has a free axis besides the batch, when integer ids are asked
/// for without a vocabulary, or when the numbers are too many.
Batch gaussian_batch(const std::vector<Input>& inputs, int64_t examples, uint64_t seed,
                     int64_t vocabulary = 0);

}  // namespace shatterproof
