// SPDX-License-Identifier: Apache-2.0
#include "network/patterns/guard.h"

#include <ATen/ATen.h>

#include <optional>
#include <set>
#include <string>
#include <vector>

#include "network/movement.h"

namespace shatterproof {
namespace {

// What keeps numbers from 0 and leaves all others as they are.
constexpr double kLargest = 1e-2;

bool is_epsilon(double bound) {
  return bound > 0 && bound <= kLargest;
}

bool is_epsilon(const PatternGraph& graph, const std::string& value) {
  const ConstantValue* constant = graph.constants.find(value);
  return constant && constant->value.is_floating_point() && constant->value.numel() > 0 &&
         !constant->trains && is_epsilon(constant->value.min().item<double>()) &&
         is_epsilon(constant->value.max().item<double>());
}

bool has_upper_bound(const PatternGraph& graph, const Node& clip) {
  constexpr size_t kGreatest = 2;  // its place among the inputs
  constexpr double kNone = 1e30;
  if (clip.inputs.size() <= kGreatest || clip.inputs[kGreatest].empty())
    return clip.number("max", kNone) < kNone;
  const std::optional<double> greatest = graph.constants.number(clip.inputs[kGreatest]);
  return !greatest || *greatest < kNone;
}

bool is_bounded_by_epsilon(const PatternGraph& graph, const Node& node) {
  if (node.op == "Clip") {
    const bool as_input = node.inputs.size() > 1 && !node.inputs[1].empty();
    const bool is_least = as_input ? is_epsilon(graph, node.inputs[1]) : is_epsilon(node.number("min", 0));
    return is_least && !has_upper_bound(graph, node);
  }
  constexpr size_t kTwo = 2;
  return node.op == "Max" && node.inputs.size() == kTwo &&
         (is_epsilon(graph, node.inputs[0]) || is_epsilon(graph, node.inputs[1]));
}

enum class Use { ends, goes_on, other };

Use use_of(const PatternGraph& graph, const Node& node, const std::string& value) {
  static const std::set<std::string> kEnds = {"Sqrt", "Log", "Reciprocal"};
  if (kEnds.contains(node.op)) return Use::ends;
  if (node.op == "Div") return node.inputs[1] == value && node.inputs[0] != value ? Use::ends : Use::other;
  if (node.op == "Pow" && node.inputs.size() > 1) {
    const std::optional<double> power = graph.constants.number(node.inputs[1]);
    return node.inputs[0] == value && power && *power < 1 ? Use::ends : Use::other;
  }
  return node.op == "Mul" || only_moves(node) ? Use::goes_on : Use::other;
}

// Whether all that is done with the node's output is to divide by it, or to take its root or logarithm.
bool is_only_divided_by(const PatternGraph& graph, size_t from) {
  constexpr size_t kMostNodes = 64;  // between an epsilon and what divides by it
  std::set<size_t> found = {from};
  std::vector<size_t> left = {from};
  while (!left.empty()) {
    const size_t at = left.back();
    left.pop_back();
    if (graph.is_output[at] || graph.readers[at].empty()) return false;
    for (const size_t reader : graph.readers[at]) {
      const Use use = use_of(graph, graph.node(reader), graph.node(at).outputs[0]);
      if (use == Use::other) return false;
      if (use == Use::goes_on && found.insert(reader).second) left.push_back(reader);
    }
    if (found.size() > kMostNodes) return false;
  }
  return true;
}

}  // namespace

bool is_guard(const PatternGraph& graph, size_t node) {
  return is_bounded_by_epsilon(graph, graph.node(node)) && is_only_divided_by(graph, node);
}

}  // namespace shatterproof
