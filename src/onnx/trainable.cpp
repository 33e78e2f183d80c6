// SPDX-License-Identifier: Apache-2.0
#include "onnx/trainable.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <cctype>
#include <cmath>

#include "network/neighbour_matrix.h"
#include "onnx/evaluation.h"
#include "onnx/fixed_table.h"
#include "shatterproof/network/operator.h"

namespace shatterproof {
namespace {

using Names = std::unordered_set<std::string>;

// Collects slots in one pass over the nodes, which are in topological order.
class SlotCollector {
 public:
  SlotCollector(const Network& network, const Names& literals) : network_(network), literals_(literals) {
    for (const Input& input : network.inputs()) dependent_.insert(input.name);
  }

  void visit(size_t index) {
    const Node& node = network_.nodes()[index];
    const OperatorRole role = operator_of(node).role;
    const bool depends = any(node, dependent_);
    if (depends) collect(index, role);
    if (role != OperatorRole::shape && depends) dependent_.insert(node.outputs.begin(), node.outputs.end());
    const bool meets_layer =
        depends &&
        (role == OperatorRole::linear || role == OperatorRole::normalization ||
         role == OperatorRole::nonlinearity || role == OperatorRole::pooling || is_embedding(node));
    if (meets_layer || any(node, after_layer_)) after_layer_.insert(node.outputs.begin(), node.outputs.end());
    if (role == OperatorRole::linear && depends) linear_.insert(node.outputs.begin(), node.outputs.end());
    if (!depends) note_numbers(node);
  }

  std::vector<TrainedSlot> slots;

 private:
  static bool any(const Node& node, const Names& set) {
    return std::any_of(node.inputs.begin(), node.inputs.end(),
                       [&](const std::string& value) { return !value.empty() && set.contains(value); });
  }

  const Parameter* floating_parameter(const std::string& value) const {
    const Parameter* parameter = network_.find_parameter(value);
    return parameter && parameter->value.is_floating_point() ? parameter : nullptr;
  }

  // What nodes over parameters alone give as one number: what goes in there scales a weight and is no weight.
  void note_numbers(const Node& node) {
    const bool moves = operator_of(node).role == OperatorRole::movement;
    std::vector<at::Tensor> inputs;
    for (const std::string& value : node.inputs) {
      const Parameter* parameter = network_.find_parameter(value);
      if (!value.empty() && !parameter && !computed_.contains(value)) return;
      inputs.push_back(value.empty() ? at::Tensor() : parameter ? parameter->value : computed_.at(value));
    }
    if (inputs.empty()) return;
    try {
      const std::vector<at::Tensor> outputs = evaluate_node(node, inputs, half_of_memory());
      for (size_t i = 0; i < node.outputs.size(); ++i) {
        if (!outputs[i].defined() || node.outputs[i].empty()) continue;
        computed_.emplace(node.outputs[i], outputs[i]);
        if (outputs[i].numel() == 1 && !moves) single_.insert(node.outputs[i]);
      }
    } catch (const std::invalid_argument&) {
    }
  }

  // Floating-point parameters that `value` is computed from, nothing of the data among what else it is
  // computed from.
  void find_sources(const std::string& value, Names& seen, std::vector<std::string>& sources) const {
    if (value.empty() || dependent_.contains(value) || !seen.insert(value).second) return;
    if (single_.contains(value) && !is_bent_number(value)) return;
    if (floating_parameter(value)) sources.push_back(value);
    const int64_t producer = network_.producer(value);
    if (producer < 0) return;
    const Node& node = network_.nodes()[static_cast<size_t>(producer)];
    const OperatorRole role = operator_of(node).role;
    // Angles are positions times frequencies, and nothing trains there.
    if (role == OperatorRole::shape || node.op == "Sin" || node.op == "Cos") return;
    const bool first_only = role == OperatorRole::movement && node.op != "Concat" && node.op != "Where";
    for (size_t i = 0; i < (first_only ? std::min<size_t>(1, node.inputs.size()) : node.inputs.size()); ++i)
      find_sources(node.inputs[i], seen, sources);
  }

  // Of one parameter with one number, through functions of one number alone: a temperature that trains by its
  // logarithm.
  bool is_bent_number(std::string value) const {
    static const Names kBends = {"Exp",  "Softplus", "Sigmoid",   "Tanh",    "Neg",    "Reciprocal", "Clip",
                                 "Cast", "Reshape",  "Unsqueeze", "Squeeze", "Expand", "Identity"};
    for (int64_t from = network_.producer(value); from >= 0; from = network_.producer(value)) {
      const Node& node = network_.nodes()[static_cast<size_t>(from)];
      if (!kBends.contains(node.op)) return false;
      value = node.inputs[0];
    }
    const Parameter* parameter = floating_parameter(value);
    return parameter && parameter->value.numel() == 1;
  }

  std::vector<std::string> sources_of(const std::string& value) const {
    Names seen;
    std::vector<std::string> sources;
    find_sources(value, seen, sources);
    return sources;
  }

  void take(size_t index, size_t input) {
    const Node& node = network_.nodes()[index];
    if (input >= node.inputs.size()) return;
    const std::vector<std::string> sources = sources_of(node.inputs[input]);
    for (const std::string& source : sources) {
      // A number or a fixed table within the formula of a weight is part of the formula.
      const at::Tensor& value = floating_parameter(source)->value;
      const bool computed = source != node.inputs[input];
      if (stands_for_none(node, input, source)) continue;
      const bool too_few = value.numel() < 2 && !is_bent_number(node.inputs[input]);
      if (computed && (too_few || literals_.contains(source) || !is_learned(source))) continue;
      slots.push_back({index, input, source});
    }
  }

  // An exporter writes zeros where a layer has no bias, and ones where a norm has no gain.
  bool stands_for_none(const Node& node, size_t input, const std::string& source) const {
    const at::Tensor& value = floating_parameter(source)->value;
    const bool normalizes = operator_of(node).role == OperatorRole::normalization;
    const bool written = literals_.contains(source) || (normalizes && is_generated_name(source));
    if (!written || !is_uniform(value)) return false;
    const double number = value.numel() == 0 ? 0 : value.flatten()[0].item<double>();
    return number == 0 || (normalizes && input == 1 && number == 1);
  }

  bool is_embedding(const Node& node) const {
    if (node.op != "Gather" || node.inputs.size() < 2 || !dependent_.contains(node.inputs[1])) return false;
    const std::vector<std::string> sources = sources_of(node.inputs[0]);
    return std::any_of(sources.begin(), sources.end(), [&](const std::string& source) {
      return is_learned(source) && floating_parameter(source)->value.dim() >= 2;
    });
  }

  bool is_learned(const std::string& name) const { return !is_fixed_table(floating_parameter(name)->value); }

  void collect(size_t index, OperatorRole role) {
    const Node& node = network_.nodes()[index];
    if (node.op == "RNN" || node.op == "GRU" || node.op == "LSTM") {
      for (const size_t i : {1, 2, 3, 7}) take(index, i);  // weights, bias and peepholes; no initial state
    } else if (role == OperatorRole::linear) {
      collect_linear(index);
    } else if (role == OperatorRole::normalization) {
      for (size_t i = 1; i < 3; ++i) take(index, i);
    } else if (node.op == "PRelu") {
      take(index, 1);
    } else if (is_embedding(node)) {
      take(index, 0);
    } else if (role == OperatorRole::sum || node.op == "Sub" || node.op == "Mul" || node.op == "Concat") {
      for (size_t i = 0; i < node.inputs.size(); ++i) {
        if (takes_part(node, i, role)) take(index, i);
      }
    }
  }

  void collect_linear(size_t index) {
    const Node& node = network_.nodes()[index];
    const bool averages = averages_neighbours(network_, node);
    for (size_t i = averages ? 1 : 0; i < node.inputs.size() && i < 3; ++i) {
      if (floating_parameter(node.inputs[i]) && is_fixed_weight(node, i)) continue;
      take(index, i);
    }
  }

  // Frequencies that positions are multiplied with, and filters that smooth or differentiate channel by
  // channel, the same for each.
  bool is_fixed_weight(const Node& node, size_t input) const {
    const at::Tensor& value = floating_parameter(node.inputs[input])->value;
    if (node.op == "MatMul" || node.op == "Gemm" || node.op == "Einsum")
      return value.dim() < 4 && is_frequencies(value);
    constexpr int64_t kSpatial = 3;
    if (node.op != "Conv" || input != 1 || value.dim() < kSpatial || node.inputs.size() > 2) return false;
    const int64_t channels = value.size(0);
    if (channels < 2 || value.size(1) != 1 || node.integer("group", 1) != channels || is_uniform(value))
      return false;
    if (!at::equal(value, value.narrow(0, 0, 1).expand_as(value))) return false;
    constexpr double kRounding = 1e-5;
    const double sum = value[0].sum().item<double>();
    return std::abs(sum - 1) < kRounding || std::abs(sum) < kRounding;
  }

  static bool is_frequencies(const at::Tensor& value) {
    int64_t long_axes = 0;
    for (const int64_t size : value.sizes()) long_axes += size > 1 ? 1 : 0;
    return long_axes == 1 && is_fixed_table(value);
  }

  bool other_operand(const Node& node, size_t index, const Names& set) const {
    for (size_t i = 0; i < node.inputs.size(); ++i) {
      if (i != index && set.contains(node.inputs[i]) && dependent_.contains(node.inputs[i])) return true;
    }
    return false;
  }

  bool takes_part(const Node& node, size_t index, OperatorRole role) const {
    const std::string& operand = node.inputs[index];
    if (operand.empty() || dependent_.contains(operand)) return false;
    const std::vector<std::string> sources = sources_of(operand);
    return std::any_of(sources.begin(), sources.end(),
                       [&](const std::string& source) { return is_part(node, index, role, source); });
  }

  bool is_part(const Node& node, size_t index, OperatorRole role, const std::string& source) const {
    const at::Tensor& value = floating_parameter(source)->value;
    if (!is_learned(source)) return false;
    const bool computed = source != node.inputs[index];
    if (role == OperatorRole::sum && !computed && value.dim() >= 1 && other_operand(node, index, linear_))
      return true;
    if (!other_operand(node, index, after_layer_)) return false;
    if (value.numel() > 1) {
      // Zeros that pad a tensor are written into the graph, or made by the shapes; a token is a weight beside
      // it.
      const bool pads = node.op == "Concat" && is_uniform(value);
      return !pads || (!literals_.contains(source) && !is_generated_name(source));
    }
    const bool as_written = !computed || is_bent_number(node.inputs[index]);
    // Nobody multiplies by a fixed 0: an exporter made one number of a gain and what it is multiplied with.
    if (node.op == "Mul" && !computed && !literals_.contains(source) && value.item<double>() == 0)
      return true;
    return (node.op == "Mul" || role == OperatorRole::sum) && as_written && value.numel() == 1 &&
           !literals_.contains(source) && is_number_of_a_module(source, value);
  }

  const Network& network_;
  const Names& literals_;
  Names dependent_, after_layer_, linear_, single_;
  Values computed_;
};

}  // namespace

std::vector<TrainedSlot> trained_slots(const Network& network, const Names& literals) {
  SlotCollector collector(network, literals);
  for (size_t i = 0; i < network.nodes().size(); ++i) collector.visit(i);
  return std::move(collector.slots);
}

Names trainable_parameters(const Network& network, const Names& literals) {
  Names names;
  for (const TrainedSlot& slot : trained_slots(network, literals)) names.insert(slot.parameter);
  return names;
}

bool is_number_of_a_module(std::string_view name, const at::Tensor& value) {
  if (value.numel() != 1 || is_generated_name(name) || name.find_first_of("/:") != std::string_view::npos)
    return false;
  return value.dim() > 0 || name.find('.') != std::string_view::npos;
}

bool is_generated_name(std::string_view name) {
  const auto digits = [](std::string_view text) {
    return !text.empty() &&
           std::all_of(text.begin(), text.end(), [](unsigned char c) { return std::isdigit(c); });
  };
  if (digits(name) || name.find("::") != std::string_view::npos || name.starts_with("/")) return true;
  for (const std::string_view stem : {"val_", "const_", "scalar_tensor_default", "_tensor_constant",
                                      "lifted_tensor_", "c_lifted_tensor_"}) {
    if (name.starts_with(stem)) return true;
  }
  return false;
}

}  // namespace shatterproof
