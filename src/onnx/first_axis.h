// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <vector>

#include "onnx/graph_draft.h"

// What makes axis 0 of a graph's inputs and outputs the batch.

namespace shatterproof {

/// Puts an axis of size 1 in front of every input and output.
void add_batch_axis(GraphDraft& draft);

/// Says that axis 0 of every input has `size`; -1: any.
void set_batch(GraphDraft& draft, int64_t size);

/// Puts axis 0 in front of the outputs that lack it: one example, by itself. `outputs` is what the graph
/// gives for one.
void add_output_axis(GraphDraft& draft, const std::vector<at::Tensor>& outputs);

/// The graph with axis 1 of every input brought to the front, and of every output whose axis 1 has the size
/// of the batch; `outputs` is what the graph gives.
GraphDraft with_second_axis_first(const GraphDraft& draft, const std::vector<at::Tensor>& outputs,
                                  int64_t batch);

}  // namespace shatterproof
