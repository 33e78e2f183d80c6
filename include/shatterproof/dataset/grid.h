// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>

namespace shatterproof {

/// Points x_i = from + i (to - from) / (points - 1), i = 0 .. points - 1, as float32 [points, 1].
/// Throws std::invalid_argument unless points >= 2, from < to, both finite.
at::Tensor grid(double from, double to, int64_t points);

}  // namespace shatterproof
