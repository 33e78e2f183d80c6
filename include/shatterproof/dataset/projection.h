// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>

namespace shatterproof {

/// Examples seen through a random orthogonal map, the same for all examples: fewer numbers, hardly other
/// distances.
///
///   x -> Q^T x,   Q [D, numbers] with orthonormal columns, Haar-distributed
///
/// `examples` [examples, ...], flattened to D numbers each; float32 [examples, numbers]. Q depends on D and
/// `numbers` alone. Lengths and distances shrink by sqrt(numbers / D) on average, so that a coordinate varies
/// as a number of the example did on average. Throws std::invalid_argument unless 1 <= numbers <= D.
/// O(D numbers (examples + numbers)).
at::Tensor orthogonal_projection(const at::Tensor& examples, int64_t numbers);

}  // namespace shatterproof
