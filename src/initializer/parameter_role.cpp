// SPDX-License-Identifier: Apache-2.0
#include "initializer/parameter_role.h"

#include "shatterproof/network/operator.h"

namespace shatterproof {
namespace {

// Made by a normalization, or by the division that ends one written out in arithmetic.
bool is_normalized(const Network& network, const std::string& value) {
  const int64_t producer = network.producer(value);
  if (producer < 0) return false;
  const Node& node = network.nodes()[static_cast<size_t>(producer)];
  if (operator_of(node).role == OperatorRole::normalization) return true;
  return node.op == "Div" && network.producer(node.inputs[0]) >= 0 && network.producer(node.inputs[1]) >= 0;
}

class Uses {
 public:
  explicit Uses(const Network& network) : network_(network) {}

  void add(const std::string& value, ParameterRole role, const Layer* layer = nullptr) {
    if (!value.empty() && network_.find_parameter(value)) uses_.emplace(value, ParameterUse{role, layer});
  }

  void add_layer(const Layer& layer) {
    const bool recurs = layer.kind == LayerKind::recurrent;
    const Node& node = network_.nodes()[layer.node];
    constexpr size_t kRecurrentWeight = 2, kRecurrentBias = 3;
    const bool is_recurrent_weight = recurs && node.inputs[kRecurrentWeight] == layer.weight;
    add(layer.weight, is_recurrent_weight ? ParameterRole::recurrent_weight : ParameterRole::weight, &layer);
    add(layer.bias, ParameterRole::bias, &layer);
    if (recurs && node.inputs.size() > kRecurrentBias)
      add(node.inputs[kRecurrentBias], ParameterRole::bias, &layer);
  }

  void add_node(const Node& node) {
    constexpr size_t kGain = 1, kShift = 2;
    const OperatorRole role = operator_of(node).role;
    if (role == OperatorRole::normalization) {
      if (node.inputs.size() > kGain) add(node.inputs[kGain], ParameterRole::gain);
      if (node.inputs.size() > kShift) add(node.inputs[kShift], ParameterRole::shift);
    }
    if (node.op == "Gather") add(node.inputs[0], ParameterRole::embedding);
    if ((node.op != "Mul" && node.op != "Add") || node.inputs.size() != 2) return;
    for (size_t i = 0; i < 2; ++i) {
      const std::string& other = node.inputs[1 - i];
      if (node.op == "Mul" && is_normalized(network_, other)) {
        add(node.inputs[i], ParameterRole::gain);
        scaled_.insert(node.outputs[0]);
      } else if (node.op == "Add" && scaled_.contains(other)) {
        add(node.inputs[i], ParameterRole::shift);
      }
    }
  }

  std::map<std::string, ParameterUse> take() { return std::move(uses_); }

 private:
  const Network& network_;
  std::map<std::string, ParameterUse> uses_;
  std::set<std::string> scaled_;  // values
};

}  // namespace

std::map<std::string, ParameterUse> parameter_uses(const Network& network, const Structure& structure) {
  Uses uses(network);
  for (const Layer& layer : structure.layers) uses.add_layer(layer);
  for (const Node& node : network.nodes()) uses.add_node(node);
  return uses.take();
}

StoredStatistics stored_statistics(const Network& network) {
  constexpr size_t kMean = 3, kVariance = 4;
  StoredStatistics stored;
  for (const Node& node : network.nodes()) {
    if (node.op != "BatchNormalization" || node.inputs.size() <= kVariance) continue;
    if (network.find_parameter(node.inputs[kMean])) stored.means.insert(node.inputs[kMean]);
    if (network.find_parameter(node.inputs[kVariance])) stored.variances.insert(node.inputs[kVariance]);
  }
  return stored;
}

}  // namespace shatterproof
