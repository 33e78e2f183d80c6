// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>

namespace shatterproof {

/// Which of k clusters each point belongs to: int64 [points], of `points` [points, numbers].
///
/// Lloyd's algorithm in double from centres that k-means++ draws (each with probability proportional to its
/// squared distance from those before it), until nothing moves or 100 rounds are done; a cluster that loses
/// its last point keeps its centre. A function of (points, k, seed) alone. Throws std::invalid_argument
/// unless 1 <= k <= points. Lloyd (1982), Arthur and Vassilvitskii (2007).
at::Tensor k_means(const at::Tensor& points, int64_t k, uint64_t seed);

}  // namespace shatterproof
