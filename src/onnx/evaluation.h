// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <ATen/core/Tensor.h>

#include <span>
#include <vector>

#include "onnx/graph_draft.h"

namespace shatterproof {

/// Bytes that trying a graph out may take when nobody says.
int64_t half_of_memory();

using Shapes = std::unordered_map<std::string, std::vector<int64_t>>;

/// Outputs of one node, without derivatives, normalizations at their stored statistics. Throws
/// std::invalid_argument in one line naming the node when its operator refuses, or when `output_bound` says
/// more than `byte_limit` bytes, before anything is allocated.
std::vector<at::Tensor> evaluate_node(const Node& node, std::span<const at::Tensor> inputs,
                                      int64_t byte_limit);

/// Outputs of the whole graph for one tensor per input. Nodes must be sorted. A value is held no longer than
/// some node still reads it, and together they take at most `byte_limit` bytes. The shape of every value is
/// noted in `shapes`, when given.
std::vector<at::Tensor> evaluate(const GraphDraft& draft, const std::vector<at::Tensor>& inputs,
                                 int64_t byte_limit, Shapes* shapes = nullptr);

}  // namespace shatterproof
