// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <ATen/core/Tensor.h>

#include <optional>
#include <vector>

#include "shatterproof/run/tap_source.h"
#include "train/output_reach.h"

namespace shatterproof {

/// How small a loss can be, whatever makes the outputs.
struct LeastLoss {
  double loss = 0;
  double before = 0;  ///< what it was before the last fifth of the search
  std::vector<at::Tensor> outputs;
};

/// Which outputs are looked through.
enum class Outputs { any, alike };  ///< alike: the same for every example

/// L-BFGS (Liu & Nocedal, 1989) over outputs of the shapes of `start`, from there on; the first output within
/// `reach`, by a sigmoid where it has two ends, by a softplus where it has one. Empty where the loss throws
/// or stops being finite. Cost: some hundred evaluations of the loss.
std::optional<LeastLoss> least_loss(const OwnLoss& loss, const std::vector<at::Tensor>& start,
                                    const OutputReach& reach, Outputs which);

}  // namespace shatterproof
