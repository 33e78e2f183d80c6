// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "shatterproof/dataset/batch.h"
#include "shatterproof/network/network.h"

namespace shatterproof {

/// Standard normal examples that a random network has labelled: something to train on where there are no
/// files.
///
///   y = argmax_c (V tanh(U x / sqrt D))_c,   U [100, D], V [classes, 100] standard normal, always the same
///
/// inputs[0] is float32 of the input's shape, D numbers each; example i is a function of (seed, i) alone, i
/// from `first` on, so that two ranges that do not meet are training and test examples. Throws
/// std::invalid_argument when the input has a free axis besides the batch or integer ids, when examples < 1,
/// first < 0, classes is not from 2 to 1,000, or the numbers are too many.
Batch teacher_batch(const Input& input, int64_t first, int64_t examples, int64_t classes, uint64_t seed);

}  // namespace shatterproof
