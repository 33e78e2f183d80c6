// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <ATen/core/Tensor.h>

#include <string>
#include <vector>

#include "shatterproof/dataset/batch.h"
#include "shatterproof/network/network.h"
#include "shatterproof/run/run_options.h"

namespace shatterproof {

/// The outputs of a trained network, resolved by how many changed layers they have passed.
struct ExpandedOutput {
  at::Tensor value;               ///< [examples, numbers], outputs side by side, without a final softmax
  std::vector<at::Tensor> parts;  ///< of the same shape; their sum is the value
  std::string obstacle;           ///< why they cannot be resolved; then there is nothing else
};

/// Runs the batch in one piece. `initial` is the same graph with the weights before training.
///
/// Values are dropped when nothing reads them any more; what is alive at once takes as many times the memory
/// of a forward pass as there are orders.
ExpandedOutput expanded_output(const Network& network, const Network& initial, const Batch& batch,
                               const RunOptions& options);

}  // namespace shatterproof
