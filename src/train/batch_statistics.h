// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>

#include "shatterproof/network/network.h"
#include "shatterproof/run/execution.h"

namespace shatterproof {

/// Whether the network has a BatchNormalization with stored statistics of its own.
bool stores_statistics(const Network& network);

/// Sets the stored mean and variance of every BatchNormalization to what its input has on mini-batches.
///
///   mean = (1/n) sum_i mean of mini-batch i,   variance = (1/n) sum_i biased variance of mini-batch i
///
/// Each mini-batch runs with its own statistics. `batch(i)` gives mini-batch i < `count`. Cost: `count`
/// forward passes. Wu and Johnson (2021), "precise batch norm".
void set_statistics(Network& network, const RunOptions& options, int64_t count,
                    const std::function<Batch(int64_t)>& batch);

}  // namespace shatterproof
