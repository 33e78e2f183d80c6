// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <optional>
#include <span>
#include <string>

#include "shatterproof/network/network.h"

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
  bool drops = true;  ///< false: every node gives its mean, x

  /// `inputs` are those of the node, inputs[0] being x. Throws std::invalid_argument unless 0 <= p < 1.
  at::Tensor applied(const Node& node, std::span<const at::Tensor> inputs) const;
};

/// Where numbers are dropped, and which part of them.
struct DropoutPlace {
  std::string name;  ///< of the node; of a live model also the line that calls it
  double ratio = 0;
};

/// The Dropout node of the largest ratio; empty where there is none, or its ratio is computed.
std::optional<DropoutPlace> heaviest_dropout(const Network& network);

/// The largest ratio in common use: that of hidden units in Srivastava et al. (2014).
inline constexpr double kUsualDropout = .5;

}  // namespace shatterproof
