// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <vector>

#include "shatterproof/dataset/batch.h"
#include "shatterproof/network/network.h"
#include "shatterproof/run/execution.h"

namespace shatterproof {

/// Bytes that a forward and backward pass needs per example: the outputs of all nodes that depend on the
/// input, twice (values kept for the derivative, and the widest gradients in flight). Runs one example
/// forward.
int64_t bytes_per_example(const Network& network, const RunOptions& options, const Batch& example);

/// Bytes that a training step needs per example: what the graph of derivatives with respect to all parameters
/// keeps, as LibTorch counts it in steps of one and of three examples, and ten times the largest value, in
/// flight. `batch` has at least one.
int64_t training_bytes_per_example(const Network& network, const RunOptions& options, const Batch& batch);

/// Bytes of all parameters.
int64_t weight_bytes(const Network& network);

/// Half of the machine's memory, at most 4 GiB.
int64_t default_memory_budget();

}  // namespace shatterproof
