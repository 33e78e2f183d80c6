// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <set>

#include "network/patterns/recognizers.h"
#include "shatterproof/network/operator.h"

namespace shatterproof {
namespace {

// The operator of the nonlinearity that made the value, through copies and scales; empty when none did.
std::string bend_before(const PatternGraph& graph, const std::vector<Composite>& found, std::string value) {
  constexpr int kMostSteps = 6;
  for (int step = 0; step < kMostSteps; ++step) {
    const int64_t from = graph.maker(value);
    if (from < 0) return {};
    const auto node = static_cast<size_t>(from);
    for (const Composite& composite : found) {
      if (composite.output == node && composite.role == CompositeRole::nonlinearity) return composite.op;
    }
    if (operator_of(graph.node(node)).role == OperatorRole::nonlinearity) return graph.node(node).op;
    const std::vector<std::string> read = graph.varying_inputs(node);
    if (read.size() != 1 || graph.taken[node]) return {};
    const OperatorRole role = operator_of(graph.node(node)).role;
    if (role != OperatorRole::movement && !is_affine(graph, node)) return {};
    value = read[0];
  }
  return {};
}

bool is_gate_of_a_unit(const std::string& op) {
  static const std::set<std::string> kOps = {"Sigmoid", "HardSigmoid", "Tanh", "Gelu",
                                             "Swish",   "QuickGelu",   "Relu"};
  return kOps.contains(op);
}

std::string gate_name(const std::string& op) {
  if (op == "Sigmoid") return "glu";
  if (op == "Gelu" || op == "QuickGelu") return "geglu";
  if (op == "Swish") return "swiglu";
  return "gate";
}

// Whether a linear map, through copies and biases, made the value.
bool is_linear(const PatternGraph& graph, std::string value) {
  constexpr int kMostSteps = 6;
  for (int step = 0; step < kMostSteps; ++step) {
    const int64_t from = graph.maker(value);
    if (from < 0) return false;
    const auto node = static_cast<size_t>(from);
    const OperatorRole role = operator_of(graph.node(node)).role;
    const std::vector<std::string> read = graph.varying_inputs(node);
    if (read.size() != 1 || graph.taken[node]) return false;
    if (role == OperatorRole::linear) return true;
    if (role == OperatorRole::normalization || role == OperatorRole::movement || is_affine(graph, node)) {
      value = read[0];
      continue;
    }
    return false;
  }
  return false;
}

// Units of one linear map, split into pieces by a reshape, of which the largest goes on.
bool takes_largest_piece(const PatternGraph& graph, size_t node) {
  if (graph.node(node).op != "ReduceMax") return false;
  const int64_t before = graph.maker(graph.node(node).inputs[0]);
  if (before < 0 || graph.node(static_cast<size_t>(before)).op != "Reshape") return false;
  return is_linear(graph, graph.node(static_cast<size_t>(before)).inputs[0]);
}

}  // namespace

void find_gates(PatternGraph& graph, std::vector<Composite>& found) {
  std::vector<Composite> gates;
  for (size_t i = 0; i < graph.taken.size(); ++i) {
    const Node& node = graph.node(i);
    if (graph.taken[i] || !graph.constants.varies(node.outputs[0])) continue;
    const std::vector<std::string> read = graph.varying_inputs(i);
    const bool takes_largest =
        (node.op == "Max" && read.size() > 1 && read.size() == node.inputs.size() &&
         std::all_of(read.begin(), read.end(),
                     [&](const std::string& value) { return is_linear(graph, value); })) ||
        takes_largest_piece(graph, i);
    Composite composite{.role = CompositeRole::gate, .nodes = {i}, .inputs = read, .output = i};
    if (takes_largest) {
      composite.pattern = "maxout";
      composite.op = "Maxout";
    } else if (node.op == "Mul" && read.size() == 2) {
      for (const std::string& value : read) {
        const std::string bend = bend_before(graph, found, value);
        if (bend.empty() || !is_gate_of_a_unit(bend)) continue;
        composite.pattern = gate_name(bend);
        composite.op = composite.pattern == "glu"      ? "Glu"
                       : composite.pattern == "geglu"  ? "Geglu"
                       : composite.pattern == "swiglu" ? "Swiglu"
                                                       : "Gate";
      }
    }
    if (!composite.op.empty()) gates.push_back(std::move(composite));
  }
  for (Composite& gate : gates) take(graph, std::move(gate), found);
}

std::vector<PatternRecord> gate_patterns() {
  const auto gate = [](const char* name, const char* op, const char* sentence, const char* picture) {
    return PatternRecord{name, CompositeRole::gate, op, sentence, picture};
  };
  const char* product =
      "a -----------------> Mul -> y\n"
      "b -> nonlinearity -->";
  return {gate("glu", "Glu", "a product with the sigmoid of another value", product),
          gate("geglu", "Geglu", "a product with the GELU of another value", product),
          gate("swiglu", "Swiglu", "a product with the SiLU of another value", product),
          gate("gate", "Gate", "a product with another nonlinearity of another value", product),
          gate("maxout", "Maxout", "the largest of several linear maps, unit by unit",
               "linear -> Max -> y\n"
               "linear -->")};
}

}  // namespace shatterproof
