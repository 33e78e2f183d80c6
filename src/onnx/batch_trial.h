// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <optional>
#include <vector>

#include "onnx/graph_draft.h"

namespace shatterproof {

/// The examples of both along axis 0, tensor by tensor.
std::vector<at::Tensor> joined(const std::vector<at::Tensor>& a, const std::vector<at::Tensor>& b);

/// One attempt to run a graph on two batches of random examples, one by one and together.
///
/// Outputs agree when they have the same sizes and differ by no more than rounding; of a graph that couples
/// its examples, by batch statistics or noise, the sizes decide.
class BatchTrial {
 public:
  /// Runs the graph on the first batch, free axes other than the batch at `free_size`. Throws
  /// std::invalid_argument when it does not run.
  BatchTrial(const GraphDraft& draft, int64_t batch, int64_t free_size, int64_t byte_limit);

  /// Whether `draft` gives for both batches together what `original` gives for each. The second batch is run
  /// through `original` once.
  bool holds_for(const GraphDraft& original, const GraphDraft& draft);

  /// Whether `draft` gives for both together outputs of the sizes that it gives for each.
  bool fits(const GraphDraft& draft);

  /// Whether `draft` gives for the first `batch` examples what it gives for each of them alone.
  bool splits(const GraphDraft& draft, int64_t batch) const;

  std::vector<at::Tensor> first, second;  ///< one tensor per input
  std::vector<at::Tensor> first_outputs;  ///< logits in place of their softmax
  int64_t free_size;

 private:
  bool joins(const GraphDraft& original, const GraphDraft& draft, bool values_too);

  int64_t byte_limit_;
  bool values_too_;
  std::vector<at::Tensor> second_outputs_;
};

/// The trial at the first size of its free axes with which the graph runs; empty when there is none. Throws
/// std::invalid_argument when a graph without free axes does not run.
std::optional<BatchTrial> first_trial(const GraphDraft& draft, int64_t batch, int64_t byte_limit);

}  // namespace shatterproof
