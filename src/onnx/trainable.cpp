// SPDX-License-Identifier: Apache-2.0
#include "onnx/trainable.h"

#include <ATen/ATen.h>

#include <algorithm>

#include "shatterproof/network/operator.h"

namespace shatterproof {
namespace {

// Collects slots in one pass over the nodes, which are in topological order.
class SlotCollector {
 public:
  explicit SlotCollector(const Network& network) : network_(network) {
    for (const Input& input : network.inputs()) dependent_.insert(input.name);
  }

  void visit(const Node& node) {
    const OperatorRole role = operator_of(node).role;
    collect(node, role);
    const auto any = [&](const std::unordered_set<std::string>& set) {
      return std::any_of(node.inputs.begin(), node.inputs.end(),
                         [&](const std::string& value) { return !value.empty() && set.contains(value); });
    };
    if (role != OperatorRole::shape && any(dependent_))
      dependent_.insert(node.outputs.begin(), node.outputs.end());
    const bool meets_layer = role == OperatorRole::linear || role == OperatorRole::normalization ||
                             role == OperatorRole::nonlinearity || role == OperatorRole::pooling ||
                             is_embedding(node);
    if (meets_layer || any(after_layer_)) after_layer_.insert(node.outputs.begin(), node.outputs.end());
    if (role == OperatorRole::linear) linear_.insert(node.outputs.begin(), node.outputs.end());
  }

  std::unordered_set<std::string> slots;

 private:
  const Parameter* floating_parameter(const Node& node, size_t index) const {
    if (index >= node.inputs.size()) return nullptr;
    const Parameter* parameter = network_.find_parameter(node.inputs[index]);
    return parameter && parameter->value.is_floating_point() ? parameter : nullptr;
  }

  void take(const Node& node, size_t index) {
    if (floating_parameter(node, index)) slots.insert(node.inputs[index]);
  }

  bool is_embedding(const Node& node) const {
    const Parameter* table = node.op == "Gather" ? floating_parameter(node, 0) : nullptr;
    return table && table->value.dim() >= 2 && node.inputs.size() > 1 && dependent_.contains(node.inputs[1]);
  }

  void collect(const Node& node, OperatorRole role) {
    if (node.op == "RNN" || node.op == "GRU" || node.op == "LSTM") {
      for (const size_t i : {1, 2, 3, 7}) take(node, i);  // weights, bias and peepholes; no initial state
    } else if (role == OperatorRole::linear) {
      for (size_t i = 0; i < 3; ++i) take(node, i);
    } else if (role == OperatorRole::normalization) {
      for (size_t i = 1; i < 3; ++i) take(node, i);
    } else if (node.op == "PRelu") {
      take(node, 1);
    } else if (is_embedding(node)) {
      take(node, 0);
    } else if (role == OperatorRole::sum || node.op == "Mul") {
      for (size_t i = 0; i < node.inputs.size(); ++i) {
        if (is_bias_or_gain(node, i, role)) take(node, i);
      }
    }
  }

  bool is_bias_or_gain(const Node& node, size_t index, OperatorRole role) const {
    const Parameter* parameter = floating_parameter(node, index);
    if (!parameter) return false;
    const at::Tensor& value = parameter->value;
    const auto any_other = [&](const std::unordered_set<std::string>& set) {
      for (size_t i = 0; i < node.inputs.size(); ++i) {
        if (i != index && set.contains(node.inputs[i]) && dependent_.contains(node.inputs[i])) return true;
      }
      return false;
    };
    if (role == OperatorRole::sum && value.dim() >= 1 && any_other(linear_)) return !is_mask(value);
    return value.numel() > 1 && any_other(after_layer_) && !is_mask(value);
  }

  // Attention masks add minus infinity, or a number that stands for it.
  static bool is_mask(const at::Tensor& value) {
    constexpr double kStandsForInfinity = 1e4;
    return value.numel() > 0 && value.min().item<double>() <= -kStandsForInfinity;
  }

  const Network& network_;
  std::unordered_set<std::string> dependent_, after_layer_, linear_;
};

}  // namespace

std::unordered_set<std::string> trainable_parameters(const Network& network) {
  SlotCollector collector(network);
  for (const Node& node : network.nodes()) collector.visit(node);
  return std::move(collector.slots);
}

}  // namespace shatterproof
