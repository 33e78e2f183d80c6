// SPDX-License-Identifier: Apache-2.0
#include "network/patterns/region.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <map>
#include <set>

#include "shatterproof/network/operator.h"

namespace shatterproof {
namespace {

constexpr size_t kMostNodes = 48;

// Of these only the first input's numbers matter.
bool reads_first_only(const std::string& op) {
  return op == "CastLike" || op == "Expand" || op == "Reshape" || op == "Unsqueeze" || op == "Squeeze";
}

}  // namespace

PatternGraph::PatternGraph(const Network& whole)
    : network(whole),
      constants(whole),
      readers(whole.nodes().size()),
      is_output(whole.nodes().size()),
      taken(whole.nodes().size()) {
  for (size_t i = 0; i < whole.nodes().size(); ++i) {
    for (const std::string& value : varying_inputs(i)) {
      const int64_t from = maker(value);
      if (from < 0) continue;
      std::vector<size_t>& known = readers[static_cast<size_t>(from)];
      if (known.empty() || known.back() != i) known.push_back(i);
    }
  }
  for (const std::string& value : whole.outputs()) {
    const int64_t from = whole.producer(value);
    if (from >= 0) is_output[static_cast<size_t>(from)] = true;
  }
}

int64_t PatternGraph::maker(const std::string& value) const {
  return constants.varies(value) ? network.producer(value) : -1;
}

std::vector<std::string> PatternGraph::varying_inputs(size_t index) const {
  const Node& at = node(index);
  std::vector<std::string> found;
  if (at.op == "Shape" || at.op == "Size") return found;
  for (size_t i = 0; i < at.inputs.size() && (i == 0 || !reads_first_only(at.op)); ++i) {
    const std::string& value = at.inputs[i];
    if (constants.varies(value) && std::find(found.begin(), found.end(), value) == found.end())
      found.push_back(value);
  }
  return found;
}

std::optional<size_t> PatternGraph::only_reader(size_t index) const {
  if (is_output[index] || readers[index].size() != 1) return {};
  return readers[index].front();
}

void each_region(const PatternGraph& graph, size_t exit, const std::function<bool(size_t)>& may_contain,
                 const std::function<bool(const Region&)>& visit) {
  // Values by the node that makes them; an input of the network comes before all nodes.
  std::map<int64_t, std::set<std::string>, std::greater<>> front;
  front[static_cast<int64_t>(exit)].insert(graph.node(exit).outputs[0]);
  std::vector<size_t> members;
  while (!front.empty()) {
    const int64_t latest = front.begin()->first;
    if (!members.empty() && front.size() == 1 && front.begin()->second.size() == 1) {
      Region region{*front.begin()->second.begin(), members};
      std::reverse(region.nodes.begin(), region.nodes.end());
      if (!visit(region)) return;
    }
    if (latest < 0 || members.size() >= kMostNodes) return;
    const auto index = static_cast<size_t>(latest);
    if (graph.taken[index] || !may_contain(index)) return;
    members.push_back(index);
    front.erase(front.begin());
    for (const std::string& value : graph.varying_inputs(index)) front[graph.maker(value)].insert(value);
  }
}

bool is_closed(const PatternGraph& graph, const Region& region) {
  for (const size_t node : region.nodes) {
    if (node == region.exit()) continue;
    if (graph.is_output[node]) return false;
    for (const size_t reader : graph.readers[node]) {
      if (!std::binary_search(region.nodes.begin(), region.nodes.end(), reader)) return false;
    }
  }
  return true;
}

std::optional<at::Tensor> evaluate_region(const PatternGraph& graph, const Region& region,
                                          const at::Tensor& entering, bool of_first_numbers) {
  std::map<std::string, at::Tensor> values = {{region.entry, entering}};
  // Whether a value can be computed of constants and of what lies within.
  std::map<std::string, bool> known;
  const std::function<bool(const std::string&)> is_known = [&](const std::string& name) {
    if (name.empty() || values.contains(name) || graph.constants.find(name)) return true;
    if (const auto asked = known.find(name); asked != known.end()) return asked->second;
    const int64_t from = graph.network.producer(name);
    if (from < 0) return known[name] = false;
    const std::vector<std::string>& read = graph.node(static_cast<size_t>(from)).inputs;
    return known[name] = std::all_of(read.begin(), read.end(), is_known);
  };
  // Sizes of what lies within are computed where they are needed.
  const std::function<at::Tensor(const std::string&)> value_of = [&](const std::string& name) -> at::Tensor {
    if (name.empty()) return {};
    if (const auto known = values.find(name); known != values.end()) return known->second;
    at::Tensor value;
    if (const ConstantValue* constant = graph.constants.find(name)) {
      value = constant->value;
      if (of_first_numbers && value.numel() > 1) value = value.reshape({-1})[0];
      if (of_first_numbers && value.numel() == 1) value = value.reshape({});
      // Parameters of a live model lie where it runs.
      value = value.to(entering.device(), value.is_floating_point() ? at::kDouble : value.scalar_type());
    } else {
      const int64_t from = graph.network.producer(name);
      if (from < 0) throw std::invalid_argument("not known");
      const Node& node = graph.node(static_cast<size_t>(from));
      std::vector<at::Tensor> inputs;
      for (const std::string& input : node.inputs) {
        // To what size a value is repeated does not matter where it broadcasts.
        if (node.op == "Expand" && !inputs.empty() && !is_known(input)) return values[name] = inputs[0];
        inputs.push_back(value_of(input));
      }
      OperatorCall call{node, inputs};
      call.floating = at::kDouble;
      const std::vector<at::Tensor> outputs = evaluate(call);
      for (size_t i = 0; i < node.outputs.size(); ++i) values[node.outputs[i]] = outputs[i];
      value = values.at(name);
    }
    return values[name] = value;
  };
  try {
    for (const size_t node : region.nodes) value_of(graph.node(node).outputs[0]);
    return values.at(graph.node(region.exit()).outputs[0]);
  } catch (const std::exception&) {
    return {};
  }
}

bool has_join(const PatternGraph& graph, const Region& region) {
  return std::any_of(region.nodes.begin(), region.nodes.end(), [&](size_t node) {
    const Node& at = graph.node(node);
    return graph.varying_inputs(node).size() > 1 ||
           (at.op == "Mul" && at.inputs[0] == at.inputs[1]);  // x * x
  });
}

bool is_affine(const PatternGraph& graph, size_t node) {
  const Node& at = graph.node(node);
  static const std::set<std::string> kAlways = {"Cast", "CastLike", "Identity", "Neg", "Dropout"};
  if (kAlways.contains(at.op)) return true;
  static const std::set<std::string> kWithConstants = {"Add", "Sub", "Mul", "Sum"};
  if (at.op == "Mul" && at.inputs[0] == at.inputs[1]) return false;
  if (at.op == "Div") return !graph.constants.varies(at.inputs[1]);
  return kWithConstants.contains(at.op) && graph.varying_inputs(node).size() == 1;
}

bool is_elementwise(const std::string& op) {
  static const std::set<std::string> kOps = {"Abs",
                                             "Add",
                                             "And",
                                             "Cast",
                                             "CastLike",
                                             "Div",
                                             "Equal",
                                             "Exp",
                                             "Greater",
                                             "Identity",
                                             "GreaterOrEqual",
                                             "Less",
                                             "LessOrEqual",
                                             "Log",
                                             "Max",
                                             "Min",
                                             "Mul",
                                             "Neg",
                                             "Not",
                                             "Or",
                                             "Pow",
                                             "Reciprocal",
                                             "Sign",
                                             "Sqrt",
                                             "Sub",
                                             "Sum",
                                             "Where",
                                             "Xor"};
  if (kOps.contains(op)) return true;
  const Operator* row = find_operator(op);
  return row && row->role == OperatorRole::nonlinearity;
}

}  // namespace shatterproof
