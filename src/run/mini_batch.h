// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <vector>

#include "shatterproof/dataset/batch.h"
#include "shatterproof/network/network.h"
#include "shatterproof/run/run_options.h"

namespace shatterproof {

/// Examples that run together, and how many of the batch come before them.
struct MiniBatch {
  Batch examples;
  int64_t first = 0;
};

/// Examples that a graph with these inputs is frozen to, 0 when it is not.
int64_t frozen_batch(const std::vector<Input>& inputs);

/// Examples of a mini-batch: those that a graph is frozen to, else those that `options` asks for, at most
/// all.
int64_t mini_batch_size(const std::vector<Input>& inputs, const RunOptions& options, int64_t examples);

/// The mini-batches in which a network with these inputs runs the batch; they share its memory.
std::vector<MiniBatch> mini_batches(const std::vector<Input>& inputs, const Batch& batch,
                                    const RunOptions& options);

}  // namespace shatterproof
