// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <ATen/core/Tensor.h>

#include <functional>
#include <string>

#include "shatterproof/dataset/batch.h"
#include "shatterproof/run/tap_source.h"

namespace shatterproof {

/// What enters the softmax of an attention for a mini-batch: [groups, heads, queries, keys], where a group is
/// an example, or a window of one.
struct AttentionScores {
  std::string name;  ///< of the softmax, or of the attention's one node
  size_t node = 0;   ///< that, in the graph
  int depth = 0;     ///< of the attention's output
  at::Tensor logits;
};

/// Shows the scores of every attention of the source's graph, mini-batch by mini-batch. Returns how many
/// attentions the graph has. Throws std::invalid_argument as the source does.
size_t for_each_attention(TapSource& source, const Batch& batch, const RunOptions& options,
                          const std::function<void(const AttentionScores&)>& visit);

}  // namespace shatterproof
