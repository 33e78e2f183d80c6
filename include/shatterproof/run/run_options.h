// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <string>
#include <vector>

#include "shatterproof/network/operator.h"
#include "shatterproof/run/functional.h"

namespace shatterproof {

/// How a batch is run: everything that decides a number besides the network and the batch.
struct RunOptions {
  Functional functional;
  BatchStatistics batch_norm = BatchStatistics::detached;
  at::ScalarType dtype = at::kFloat;  ///< or kDouble: the same network, its float32 weights widened
  std::string device = "cpu";         ///< or "cuda", "cuda:1" when LibTorch has it
  uint64_t seed = 1;                  ///< of random projections
  int64_t mini_batch = 0;             ///< examples run at a time; 0: all
  bool every_node = false;  ///< taps at every node that depends on an input, not only where layers end

  bool operator==(const RunOptions&) const = default;
};

}  // namespace shatterproof
