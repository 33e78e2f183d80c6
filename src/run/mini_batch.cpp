// SPDX-License-Identifier: Apache-2.0
#include "run/mini_batch.h"

#include <algorithm>

namespace shatterproof {

int64_t frozen_batch(const std::vector<Input>& inputs) {
  for (const Input& input : inputs) {
    if (!input.shape.empty() && input.shape[0] > 0) return input.shape[0];
  }
  return 0;
}

int64_t mini_batch_size(const std::vector<Input>& inputs, const RunOptions& options, int64_t examples) {
  const int64_t frozen = frozen_batch(inputs);
  const int64_t asked = frozen > 0 ? frozen : options.mini_batch;
  return asked > 0 ? std::min(asked, examples) : examples;
}

std::vector<MiniBatch> mini_batches(const std::vector<Input>& inputs, const Batch& batch,
                                    const RunOptions& options) {
  const int64_t examples = batch.examples();
  const int64_t size = mini_batch_size(inputs, options, examples);
  std::vector<MiniBatch> parts;
  for (int64_t first = 0; first < examples; first += size) {
    const int64_t count = std::min(size, examples - first);
    parts.push_back({count == examples ? batch : batch.slice(first, count), first});
  }
  return parts;
}

}  // namespace shatterproof
