// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <span>

#include "shatterproof/network/node.h"

namespace shatterproof {

/// What the Dropout nodes of one training step do.
///
///   y = x m / (1 - p),   m independently 1 with probability 1 - p, else 0;   p the node's ratio
///
/// Element i of a node's mask is a function of (seed, step, name of the node, i) alone, so that a run that
/// goes on from a checkpoint draws what the uninterrupted one draws. Srivastava et al. (2014).
struct Dropout {
  uint64_t seed = 1;
  int64_t step = 0;

  /// `inputs` are those of the node, inputs[0] being x. Throws std::invalid_argument unless 0 <= p < 1.
  at::Tensor applied(const Node& node, std::span<const at::Tensor> inputs) const;
};

}  // namespace shatterproof
