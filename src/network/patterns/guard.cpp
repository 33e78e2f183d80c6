// SPDX-License-Identifier: Apache-2.0
#include "network/patterns/guard.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <set>
#include <string>

#include "shatterproof/network/operator.h"

namespace shatterproof {
namespace {

bool is_above_zero(const PatternGraph& graph, const std::string& value) {
  const ConstantValue* constant = graph.constants.find(value);
  return constant && constant->value.is_floating_point() && constant->value.numel() > 0 &&
         !constant->trains && constant->value.gt(0).all().item<bool>();
}

bool has_bound_above_zero(const PatternGraph& graph, const Node& node) {
  if (node.op == "Clip") {
    const bool as_input = node.inputs.size() > 1 && !node.inputs[1].empty();
    return as_input ? is_above_zero(graph, node.inputs[1]) : node.number("min", 0) > 0;
  }
  constexpr size_t kTwo = 2;
  return node.op == "Max" && node.inputs.size() == kTwo &&
         (is_above_zero(graph, node.inputs[0]) || is_above_zero(graph, node.inputs[1]));
}

// Whether all that is done with the node's output is to divide by it, or to take its root or logarithm.
bool is_only_divided_by(const PatternGraph& graph, size_t from) {
  static const std::set<std::string> kEnds = {"Sqrt", "Log", "Reciprocal"};
  const std::vector<size_t>& readers = graph.readers[from];
  if (graph.is_output[from] || readers.empty()) return false;
  return std::all_of(readers.begin(), readers.end(), [&](size_t reader) {
    const Node& node = graph.node(reader);
    const std::string& value = graph.node(from).outputs[0];
    if (kEnds.contains(node.op)) return true;
    if (node.op == "Div") return node.inputs[1] == value && node.inputs[0] != value;
    if (node.op == "Pow") {
      const std::optional<double> power = graph.constants.number(node.inputs[1]);
      return node.inputs[0] == value && power && *power < 1;
    }
    const bool goes_on = node.op == "Mul" || operator_of(node).role == OperatorRole::movement;
    return goes_on && is_only_divided_by(graph, reader);
  });
}

}  // namespace

bool is_guard(const PatternGraph& graph, size_t node) {
  return has_bound_above_zero(graph, graph.node(node)) && is_only_divided_by(graph, node);
}

}  // namespace shatterproof
