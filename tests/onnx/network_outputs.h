// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <ATen/ATen.h>

#include <algorithm>
#include <vector>

#include "shatterproof/run/execution.h"

namespace shatterproof {

/// Standard normal numbers for floating inputs, 0 and 1 for whole ones; free axes other than the batch at 8.
inline Batch random_batch(const Network& network, int64_t examples, uint64_t seed = 1) {
  at::manual_seed(seed);
  Batch batch;
  for (const Input& input : network.inputs()) {
    std::vector<int64_t> shape = input.shape;
    for (int64_t& size : shape) size = size < 0 ? 8 : size;
    shape[0] = examples;
    const at::Tensor normal = at::randn(shape);
    batch.inputs.push_back(at::isFloatingType(input.dtype) ? normal : at::gt(normal, 0).to(input.dtype));
  }
  return batch;
}

/// Outputs with normalizations at their stored statistics, or at the batch's where the file says so.
inline std::vector<at::Tensor> outputs_of(const Network& network, const Batch& batch,
                                          BatchStatistics batch_norm = BatchStatistics::stored) {
  RunOptions options;
  options.batch_norm = batch_norm;
  return Execution(network, options).outputs(batch);
}

/// Largest difference, each output relative to its largest number.
inline double difference(const std::vector<at::Tensor>& a, const std::vector<at::Tensor>& b) {
  double largest = a.size() == b.size() ? 0 : INFINITY;
  for (size_t i = 0; i < std::min(a.size(), b.size()); ++i) {
    if (a[i].sizes() != b[i].sizes()) return INFINITY;
    const double scale = std::max(1e-30, a[i].abs().max().item<double>());
    largest = std::max(largest, (a[i] - b[i]).abs().max().item<double>() / scale);
  }
  return largest;
}

}  // namespace shatterproof
