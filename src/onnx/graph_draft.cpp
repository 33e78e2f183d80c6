// SPDX-License-Identifier: Apache-2.0
#include "onnx/graph_draft.h"

#include <ATen/ATen.h>
#include <fmt/format.h>

#include <algorithm>
#include <queue>

#include "shatterproof/core/error.h"
#include "shatterproof/network/operator.h"

namespace shatterproof {
namespace {

std::unordered_map<std::string, size_t> producers(const GraphDraft& draft) {
  std::unordered_map<std::string, size_t> producer;
  for (size_t i = 0; i < draft.nodes.size(); ++i) {
    for (const std::string& value : draft.nodes[i].outputs) {
      if (!value.empty()) producer.emplace(value, i);
    }
  }
  return producer;
}

std::unordered_set<std::string> values_read(const GraphDraft& draft) {
  std::unordered_set<std::string> read(draft.outputs.begin(), draft.outputs.end());
  for (const Node& node : draft.nodes) read.insert(node.inputs.begin(), node.inputs.end());
  return read;
}

// Operators whose number of outputs carries no meaning. (Split's does.)
bool has_optional_outputs(const Node& node) {
  constexpr std::string_view kOptional[] = {
      "BatchNormalization",      "Dropout", "GRU",   "LSTM", "LayerNormalization", "MaxPool", "RNN",
      "SoftmaxCrossEntropyLoss", "TopK",    "Unique"};
  return std::find(std::begin(kOptional), std::end(kOptional), node.op) != std::end(kOptional);
}

}  // namespace

std::string title(const Node& node) {
  return fmt::format("node '{}' ({})", printable(node.name), printable(node.op));
}

void GraphDraft::add_constant(const std::string& value, at::Tensor tensor) {
  if (value.empty()) reject("graph", "a value must have a name", "a constant without one");
  if (!constants.emplace(value, std::move(tensor)).second)
    reject("graph", "each value must have one producer", fmt::format("a second one for '{}'", value));
  constant_order.push_back(value);
}

std::string GraphDraft::fresh_name(std::string name) const {
  const auto taken = [&](const std::string& wanted) {
    if (constants.contains(wanted)) return true;
    if (std::any_of(inputs.begin(), inputs.end(), [&](const Input& input) { return input.name == wanted; }))
      return true;
    return std::any_of(nodes.begin(), nodes.end(), [&](const Node& node) {
      return std::find(node.outputs.begin(), node.outputs.end(), wanted) != node.outputs.end();
    });
  };
  while (taken(name)) name += "_";
  return name;
}

GraphDraft draft_of(const Network& network) {
  GraphDraft draft;
  draft.name = network.name();
  draft.inputs = network.inputs();
  draft.outputs = network.outputs();
  draft.nodes = network.nodes();
  for (const Parameter& parameter : network.parameters()) draft.add_constant(parameter.name, parameter.value);
  return draft;
}

Network network_of(const GraphDraft& draft) {
  Network network(draft.name);
  for (const Input& input : draft.inputs) network.add_input(input);
  for (const std::string& value : draft.constant_order) {
    Parameter parameter;
    parameter.name = value;
    parameter.value = draft.constants.at(value);
    network.add_parameter(std::move(parameter));
  }
  for (const Node& node : draft.nodes) network.add_node(node);
  for (const std::string& value : draft.outputs) network.add_output(value);
  return network;
}

void name_nodes(GraphDraft& draft) {
  std::unordered_set<std::string> taken;
  for (const Node& node : draft.nodes) taken.insert(node.name);
  std::unordered_set<std::string> used;
  for (size_t i = 0; i < draft.nodes.size(); ++i) {
    std::string& name = draft.nodes[i].name;
    if (name.empty() || used.contains(name)) {
      std::string fresh = fmt::format("{}_{}", name.empty() ? draft.nodes[i].op : name, i);
      while (taken.contains(fresh)) fresh += "_";
      taken.insert(fresh);
      name = fresh;
    }
    used.insert(name);
  }
}

int64_t drop_dead_nodes(GraphDraft& draft) {
  const auto producer = producers(draft);
  std::vector<bool> live(draft.nodes.size());
  std::vector<std::string> pending = draft.outputs;
  while (!pending.empty()) {
    const auto found = producer.find(pending.back());
    pending.pop_back();
    if (found == producer.end() || live[found->second]) continue;
    live[found->second] = true;
    const auto& inputs = draft.nodes[found->second].inputs;
    pending.insert(pending.end(), inputs.begin(), inputs.end());
  }
  std::vector<Node> kept;
  for (size_t i = 0; i < draft.nodes.size(); ++i) {
    if (live[i]) kept.push_back(std::move(draft.nodes[i]));
  }
  const auto dropped = static_cast<int64_t>(draft.nodes.size() - kept.size());
  draft.nodes = std::move(kept);
  const auto read = values_read(draft);
  for (Node& node : draft.nodes) {
    if (!has_optional_outputs(node)) continue;
    while (node.outputs.size() > 1 && !read.contains(node.outputs.back())) node.outputs.pop_back();
  }
  return dropped;
}

void check_one_producer(const GraphDraft& draft) {
  std::unordered_set<std::string> known;
  const auto claim = [&](const std::string& value) {
    if (!known.insert(value).second)
      reject("graph", "each value must have one producer", fmt::format("a second one for '{}'", value));
  };
  for (const Input& input : draft.inputs) claim(input.name);
  for (const std::string& value : draft.constant_order) claim(value);
  for (const Node& node : draft.nodes) {
    for (const std::string& value : node.outputs) {
      if (!value.empty()) claim(value);
    }
  }
}

void drop_unused_constants(GraphDraft& draft) {
  const auto read = values_read(draft);
  std::erase_if(draft.constant_order, [&](const std::string& value) { return !read.contains(value); });
  std::erase_if(draft.constants, [&](const auto& entry) { return !read.contains(entry.first); });
}

void sort_nodes(GraphDraft& draft) {
  const auto producer = producers(draft);
  std::unordered_set<std::string> given(draft.constant_order.begin(), draft.constant_order.end());
  for (const Input& input : draft.inputs) given.insert(input.name);
  std::vector<std::vector<size_t>> consumers(draft.nodes.size());
  std::vector<size_t> missing(draft.nodes.size());
  std::priority_queue<size_t, std::vector<size_t>, std::greater<>> ready;
  for (size_t i = 0; i < draft.nodes.size(); ++i) {
    for (const std::string& value : draft.nodes[i].inputs) {
      const auto found = producer.find(value);
      if (found != producer.end()) {
        consumers[found->second].push_back(i);
        ++missing[i];
      } else if (!value.empty() && !given.contains(value)) {
        reject(title(draft.nodes[i]), "every input must be produced by something",
               fmt::format("'{}'", value));
      }
    }
    if (missing[i] == 0) ready.push(i);
  }
  std::vector<size_t> order;
  while (!ready.empty()) {
    order.push_back(ready.top());
    ready.pop();
    for (const size_t next : consumers[order.back()]) {
      if (--missing[next] == 0) ready.push(next);
    }
  }
  if (order.size() < draft.nodes.size()) {
    const auto stuck = std::find_if(missing.begin(), missing.end(), [](size_t count) { return count > 0; });
    reject("graph", "nodes must not wait for themselves",
           "a cycle through or before " + title(draft.nodes[static_cast<size_t>(stuck - missing.begin())]));
  }
  std::vector<Node> sorted;
  for (const size_t index : order) sorted.push_back(std::move(draft.nodes[index]));
  draft.nodes = std::move(sorted);
  for (const std::string& value : draft.outputs) {
    if (!producer.contains(value) && !given.contains(value))
      reject("graph", "every output must be produced by something", fmt::format("'{}'", value));
  }
}

void check_operators(const GraphDraft& draft) {
  for (const Node& node : draft.nodes) {
    const Operator& op = operator_of(node);
    const auto count = static_cast<int64_t>(node.inputs.size());
    if (count < op.min_inputs || count > op.max_inputs) {
      reject(title(node), fmt::format("must have {} to {} inputs", op.min_inputs, op.max_inputs),
             std::to_string(count));
    }
    for (int i = 0; i < op.min_inputs; ++i) {
      if (node.inputs[static_cast<size_t>(i)].empty())
        reject(title(node), "required inputs must be given", fmt::format("none at position {}", i));
    }
    if (node.outputs.empty()) reject(title(node), "must have an output", "none");
  }
}

std::unordered_set<std::string> data_dependent_values(const GraphDraft& draft) {
  std::unordered_set<std::string> dependent;
  for (const Input& input : draft.inputs) dependent.insert(input.name);
  for (const Node& node : draft.nodes) {
    if (node.op == "Shape" || node.op == "Size") continue;
    const bool depends = std::any_of(node.inputs.begin(), node.inputs.end(),
                                     [&](const std::string& value) { return dependent.contains(value); });
    if (depends) dependent.insert(node.outputs.begin(), node.outputs.end());
  }
  dependent.erase("");
  return dependent;
}

}  // namespace shatterproof
