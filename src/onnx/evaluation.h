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

/// Numbers that a node's outputs and the scratch space of its operator hold at most, infinite when that is
/// absurd. Undefined tensors stand for inputs left out.
double output_bound(const Node& node, std::span<const at::Tensor> inputs);

/// Outputs of one node, without derivatives, normalizations at their stored statistics. Throws
/// std::invalid_argument in one line naming the node when its operator refuses, or when `output_bound` says
/// more than `byte_limit` bytes, before anything is allocated.
std::vector<at::Tensor> evaluate_node(const Node& node, std::span<const at::Tensor> inputs,
                                      int64_t byte_limit);

/// Looks up what a node reads.
std::vector<at::Tensor> inputs_of(const Node& node, const Values& values, const Values& constants);

/// Outputs of the whole graph for one tensor per input. Nodes must be sorted. A value is held no longer than
/// some node still reads it, and together they take at most `byte_limit` bytes. The shape of every value is
/// noted in `shapes`, when given.
std::vector<at::Tensor> evaluate(const GraphDraft& draft, const std::vector<at::Tensor>& inputs,
                                 int64_t byte_limit, Shapes* shapes = nullptr);

/// How many nodes read each value, the graph's outputs counted as one more.
std::unordered_map<std::string, int64_t> read_counts(const GraphDraft& draft);
/// Forgets the values whose last reader `node` was. Returns the bytes they took.
int64_t release(const Node& node, std::unordered_map<std::string, int64_t>& readers, Values& values);

}  // namespace shatterproof
