// SPDX-License-Identifier: Apache-2.0
#include "onnx/first_axis.h"

#include <ATen/ATen.h>

#include <numeric>
#include <unordered_map>

namespace shatterproof {
namespace {

// Squeeze or Unsqueeze of axis 0.
Node across_first_axis(GraphDraft& draft, const char* op, const std::string& from, const std::string& to) {
  constexpr int64_t kAxesAreInputs = 13;
  const int64_t opset = draft.nodes.front().opset;
  Node node{to + "/" + op, op, opset, {from}, {to}, {}};
  if (opset < kAxesAreInputs) {
    node.attributes["axes"] = std::vector<int64_t>{0};
    return node;
  }
  node.inputs.push_back(draft.fresh_name(to + "/axes"));
  draft.add_constant(node.inputs.back(), at::zeros({1}, at::kLong));
  return node;
}

std::string swap_first_axes(GraphDraft& draft, int64_t opset, const std::string& from, const std::string& to,
                            int64_t rank) {
  std::vector<int64_t> order(static_cast<size_t>(rank));
  std::iota(order.begin(), order.end(), 0);
  std::swap(order[0], order[1]);
  Node node{to, "Transpose", opset, {from}, {to}, {}};
  node.attributes["perm"] = order;
  draft.nodes.push_back(std::move(node));
  return to;
}

}  // namespace

void add_batch_axis(GraphDraft& draft) {
  std::vector<Node> before, after;
  std::unordered_map<std::string, std::string> renamed;
  const auto inner_name = [&](const std::string& value) {
    return renamed.emplace(value, value + "/example").first->second;
  };
  for (Input& input : draft.inputs) {
    before.push_back(across_first_axis(draft, "Squeeze", input.name, inner_name(input.name)));
    input.shape.insert(input.shape.begin(), 1);
  }
  for (const std::string& output : draft.outputs) {
    if (!renamed.contains(output))
      after.push_back(across_first_axis(draft, "Unsqueeze", inner_name(output), output));
  }
  for (Node& node : draft.nodes) {
    for (std::vector<std::string>* values : {&node.inputs, &node.outputs}) {
      for (std::string& value : *values) {
        if (const auto found = renamed.find(value); found != renamed.end()) value = found->second;
      }
    }
  }
  draft.nodes.insert(draft.nodes.begin(), before.begin(), before.end());
  draft.nodes.insert(draft.nodes.end(), after.begin(), after.end());
  name_nodes(draft);
}

void set_batch(GraphDraft& draft, int64_t size) {
  for (Input& input : draft.inputs) input.shape[0] = size;
}

void add_output_axis(GraphDraft& draft, const std::vector<at::Tensor>& outputs) {
  for (size_t i = 0; i < outputs.size(); ++i) {
    if (outputs[i].dim() > 0 && outputs[i].size(0) == 1) continue;
    const std::string inner = draft.outputs[i], outer = draft.fresh_name(inner + "/batch");
    draft.nodes.push_back(across_first_axis(draft, "Unsqueeze", inner, outer));
    draft.outputs[i] = outer;
  }
}

GraphDraft with_second_axis_first(const GraphDraft& draft, const std::vector<at::Tensor>& outputs,
                                  int64_t batch) {
  GraphDraft swapped = draft;
  const int64_t opset = draft.nodes.front().opset;
  std::unordered_map<std::string, std::string> renamed;
  swapped.nodes.clear();
  for (Input& input : swapped.inputs) {
    const std::string inner = draft.fresh_name(input.name + "/second_axis_first");
    swap_first_axes(swapped, opset, input.name, inner, static_cast<int64_t>(input.shape.size()));
    renamed[input.name] = inner;
    std::swap(input.shape[0], input.shape[1]);
    if (auto& names = swapped.axis_names[input.name]; names.size() > 1) std::swap(names[0], names[1]);
  }
  for (Node node : draft.nodes) {
    for (std::string& value : node.inputs) {
      if (const auto found = renamed.find(value); found != renamed.end()) value = found->second;
    }
    swapped.nodes.push_back(std::move(node));
  }
  for (size_t i = 0; i < outputs.size(); ++i) {
    if (outputs[i].dim() < 2 || outputs[i].size(1) != batch) continue;
    const std::string outer = draft.fresh_name(draft.outputs[i] + "/batch_first");
    swapped.outputs[i] = swap_first_axes(swapped, opset, draft.outputs[i], outer, outputs[i].dim());
  }
  name_nodes(swapped);
  return swapped;
}

}  // namespace shatterproof
