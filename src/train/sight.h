// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <ATen/core/Tensor.h>

#include <optional>

#include "shatterproof/dataset/batch.h"
#include "shatterproof/run/tap_source.h"

namespace shatterproof {

/// Which parts of the inputs each number of the first output depends on, as in a masked autoencoder, where
/// the first sees none and the last all but its own.
struct Sight {
  /// bool, the output's shape with the parts in place of the examples. Parts are stretches of an example's
  /// numbers, as many of `Batch::rows()` each as can be: 16, or one for each number where there are fewer.
  at::Tensor seen;

  /// Those numbers [examples, n] of the batch that lie in parts `[parts]`, bool.
  static Batch of_parts(const Batch& batch, const at::Tensor& parts);
};

/// Tried: in one forward pass for each part every example takes that part of the next one, and what changes
/// by more than rounding depends on it. Nothing where all numbers of an answer depend on as many parts.
std::optional<Sight> sight_of(TapSource& source, const Batch& batch, const RunOptions& run);

}  // namespace shatterproof
