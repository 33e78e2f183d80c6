// SPDX-License-Identifier: Apache-2.0
#include "experiment/neighbours.h"

#include <ATen/ATen.h>

#include <algorithm>

#include "network/movement.h"
#include "network/softmax.h"
#include "network/weight_layout.h"
#include "shatterproof/network/operator.h"

namespace shatterproof {

InputFlow::InputFlow(const Network& graph) : graph_(graph), varies_(graph.nodes().size()) {
  for (size_t i = 0; i < varies_.size(); ++i) {
    const Node& node = graph.nodes()[i];
    varies_[i] = operator_of(node).role != OperatorRole::shape &&
                 std::any_of(node.inputs.begin(), node.inputs.end(),
                             [&](const std::string& value) { return varies(value); });
  }
}

bool InputFlow::varies(const std::string& value) const {
  const int64_t from = graph_.producer(value);
  return from >= 0 ? varies_[static_cast<size_t>(from)] : is_input(value);
}

std::vector<bool> InputFlow::way_back(size_t start, const std::vector<bool>& is_end) const {
  std::vector<bool> found(varies_.size());
  std::vector<size_t> left;
  const auto enter = [&](size_t node) {
    if (!varies_[node] || is_end[node] || found[node]) return;
    found[node] = true;
    left.push_back(node);
  };
  enter(start);
  while (!left.empty()) {
    const Node& node = graph_.nodes()[left.back()];
    left.pop_back();
    for (const std::string& value : node.inputs) {
      if (const int64_t from = graph_.producer(value); from >= 0) enter(static_cast<size_t>(from));
    }
  }
  return found;
}

std::optional<std::string> InputFlow::as_input(std::string value) const {
  for (int64_t from = graph_.producer(value); from >= 0; from = graph_.producer(value)) {
    const Node& node = graph_.nodes()[static_cast<size_t>(from)];
    if (!only_moves(node)) return {};
    value = node.inputs[0];
  }
  return is_input(value) ? std::optional(value) : std::nullopt;
}

std::set<std::string> InputFlow::inputs_of(const std::string& value) const {
  std::set<std::string> found;
  std::vector<bool> is_known(varies_.size());
  std::vector<std::string> left = {value};
  while (!left.empty()) {
    const std::string one = std::move(left.back());
    left.pop_back();
    const int64_t from = graph_.producer(one);
    if (from < 0 && is_input(one)) found.insert(one);
    if (from < 0 || is_known[static_cast<size_t>(from)]) continue;
    is_known[static_cast<size_t>(from)] = true;
    const Node& node = graph_.nodes()[static_cast<size_t>(from)];
    if (node.op != "Shape" && node.op != "Size")
      left.insert(left.end(), node.inputs.begin(), node.inputs.end());
  }
  return found;
}

bool InputFlow::is_input(const std::string& value) const {
  return !value.empty() && !graph_.find_parameter(value);
}

Neighbours::Neighbours(const Network& graph, const InputFlow& flow, const Batch& batch) : flow_(flow) {
  const std::vector<Input>& inputs = graph.inputs();
  for (size_t i = 0; i < std::min(inputs.size(), batch.inputs.size()); ++i) {
    const at::Tensor& given = batch.inputs[i];
    const bool pairs =
        given.dim() == 2 && given.size(0) == batch.examples() && given.size(1) == given.size(0);
    if (pairs) matrices_.insert(inputs[i].name);
    if (!given.is_floating_point()) whole_.insert(inputs[i].name);
  }
  for (const Parameter& parameter : graph.parameters()) {
    if (parameter.value.defined() && parameter.value.numel() == 1) single_.insert(parameter.name);
  }
  inputs_ = inputs.size();
}

bool Neighbours::join_at(const Node& node) const {
  return multiplies_by_matrix(node) || moves_by_indices(node) || is_of_matrices(node);
}

bool Neighbours::moves_by_indices(const Node& node) const {
  constexpr size_t kIndices = 1, kUpdates = 2;
  static const std::set<std::string> kTake = {"Gather", "GatherND"},
                                     kPut = {"Scatter", "ScatterElements", "ScatterND"};
  const std::vector<std::string>& inputs = node.inputs;
  const bool puts = kPut.contains(node.op) && inputs.size() > kUpdates;
  // A live model's indexing: by a tensor that is known, where there is a second input.
  const bool takes = kTake.contains(node.op) || (node.op == "Slice" && inputs.size() == kIndices + 1);
  if ((!puts && !takes) || node.integer("axis", 0) != 0) return false;
  if (!flow_.varies(inputs[puts ? kUpdates : 0])) return false;
  if (inputs.size() <= kIndices) return true;  // a live model's, by a constant
  if (single_.contains(inputs[kIndices])) return false;
  const std::set<std::string> of = flow_.inputs_of(inputs[kIndices]);
  return std::all_of(of.begin(), of.end(), [&](const std::string& input) {
    return whole_.contains(input) || matrices_.contains(input);
  });
}

// Whether the first factor is computed of no example, as a parameter, of matrices of pairs alone, or an
// input beside the one that it multiplies.
bool Neighbours::multiplies_by_matrix(const Node& node) const {
  constexpr size_t kFactors = 2;
  if ((node.op != "MatMul" && node.op != "Gemm") || node.inputs.size() < kFactors) return false;
  if (!flow_.varies(node.inputs[1])) return false;
  if (!flow_.varies(node.inputs[0])) return true;
  const std::set<std::string> first = flow_.inputs_of(node.inputs[0]),
                              second = flow_.inputs_of(node.inputs[1]);
  const std::optional<std::string> matrix = flow_.as_input(node.inputs[0]);
  if (matrix && !second.contains(*matrix)) return true;
  return are_matrices(first) && !std::includes(first.begin(), first.end(), second.begin(), second.end());
}

// Degrees, say, beside which another input holds the examples.
bool Neighbours::is_of_matrices(const Node& node) const {
  if (is_softmax(node) || is_recurrent(node)) return false;
  const std::set<std::string> of = flow_.inputs_of(node.outputs[0]);
  return are_matrices(of) && of.size() < inputs_;
}

bool Neighbours::are_matrices(const std::set<std::string>& inputs) const {
  return !inputs.empty() && std::includes(matrices_.begin(), matrices_.end(), inputs.begin(), inputs.end());
}

}  // namespace shatterproof
