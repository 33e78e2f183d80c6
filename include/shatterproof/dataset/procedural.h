// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "shatterproof/dataset/batch.h"

namespace shatterproof {

/// Labelled images made of nothing but a seed: for training where there are no files.
///
/// Classes: 0 disc, 1 square, 2 triangle, 3 ring, 4 cross, 5 horizontal, 6 vertical and 7 slanting stripes, 8
/// checks, 9 dots; of random place, size and phase, in two random colours that differ, under noise.
/// inputs[0] is float32 [count, 3, 32, 32], about 0 on average with standard deviation about 1. Image i is a
/// function of (seed, i) alone, i from `first` on, so that two ranges that do not meet are training and test
/// examples. Throws std::invalid_argument when count < 1, first < 0, or the images are too many.
Batch procedural_images(int64_t first, int64_t count, uint64_t seed);

}  // namespace shatterproof
