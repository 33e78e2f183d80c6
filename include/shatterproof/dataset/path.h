// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "shatterproof/dataset/batch.h"

namespace shatterproof {

/// The straight line from example 0 to example 1 of a batch.
///
///   x_m = (1 - t) x_0 + t x_1,   t = m / (points - 1),   m = 0 .. points - 1
///
/// Ordered; batch statistics are those of `base`, the end points' batch, and no labels. Throws
/// std::invalid_argument when points < 2, when the base has fewer than two examples or inputs that are not
/// floating-point.
Batch path_between_examples(const Batch& base, int64_t points);

}  // namespace shatterproof
