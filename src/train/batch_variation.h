// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>

#include "shatterproof/dataset/batch.h"

namespace shatterproof {

/// Real inputs moved by normals of `part` of their deviation, of columns or channels of several scales each
/// by its own; others as they are.
Batch moved(const Batch& batch, double part, uint64_t seed, int64_t step);

/// A permutation of so many examples, another one in every step.
at::Tensor order_at(int64_t examples, uint64_t seed, int64_t step);
/// The inputs of a batch, whatever has a row for each example, in that order.
Batch reordered(const Batch& batch, const at::Tensor& order);

}  // namespace shatterproof
