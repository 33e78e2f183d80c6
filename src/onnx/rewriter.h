// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <ATen/ATen.h>
#include <fmt/format.h>

#include <optional>
#include <string>
#include <unordered_set>
#include <vector>

#include "onnx/evaluation.h"
#include "onnx/graph_draft.h"
#include "onnx/operator_set_17.h"

namespace shatterproof {

/// What a rule works on: it changes a node, which is added last, and may add nodes and constants before it.
struct Rewriter {
  explicit Rewriter(const GraphDraft& from, const Shapes& known) : original(from), shapes(known) {
    for (const Input& input : from.inputs) taken.insert(input.name);
    for (const std::string& value : from.constant_order) taken.insert(value);
    for (const Node& each : from.nodes) taken.insert(each.outputs.begin(), each.outputs.end());
  }

  std::string fresh(std::string name) {
    while (!taken.insert(name).second) name += "_";
    return name;
  }
  std::string constant(const Node& node, const char* role, at::Tensor value) {
    const std::string name = fresh(fmt::format("{}/{}", node.name, role));
    result.add_constant(name, std::move(value));
    return name;
  }
  std::string integers(const Node& node, const char* role, const std::vector<int64_t>& values) {
    return constant(node, role, at::tensor(values, at::kLong));
  }
  std::string number(const Node& node, const char* role, double value) {
    return constant(node, role, at::scalar_tensor(value, at::kFloat));
  }
  // Adds a node with one output, named like it.
  std::string step(const Node& node, const char* role, const char* op, std::vector<std::string> inputs,
                   std::map<std::string, Attribute> attributes = {}) {
    const std::string name = fresh(fmt::format("{}/{}", node.name, role));
    result.nodes.push_back(
        {name, op, kExportedOperatorSet, std::move(inputs), {name}, std::move(attributes)});
    return name;
  }
  // The entries of a node's input where it is a constant.
  std::optional<std::vector<int64_t>> known_integers(const Node& node, size_t index) const {
    if (index >= node.inputs.size() || node.inputs[index].empty()) return {};
    const auto found = original.constants.find(node.inputs[index]);
    if (found == original.constants.end()) return {};
    const at::Tensor wide = found->second.to(at::kLong).contiguous();
    return std::vector<int64_t>(wide.data_ptr<int64_t>(), wide.data_ptr<int64_t>() + wide.numel());
  }
  std::optional<int64_t> rank(const std::string& value) const {
    if (const auto found = shapes.find(value); found != shapes.end()) return found->second.size();
    if (const auto found = original.constants.find(value); found != original.constants.end())
      return found->second.dim();
    return {};
  }

  const GraphDraft& original;
  const Shapes& shapes;
  GraphDraft result;
  std::unordered_set<std::string> taken;
};

}  // namespace shatterproof
