// SPDX-License-Identifier: Apache-2.0
#include "onnx/branch_inlining.h"

#include <ATen/ATen.h>
#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <unordered_map>

#include "onnx/evaluation.h"
#include "onnx/folding.h"
#include "onnx/free_axes.h"
#include "onnx/model_file.h"
#include "onnx/random_inputs.h"
#include "shatterproof/core/error.h"

namespace shatterproof {
namespace {

using Renamed = std::unordered_map<std::string, std::string>;

// The nodes that compute `value`, in the order they come.
NodeProtos ancestors(const NodeProtos& nodes, const std::string& value) {
  std::unordered_map<std::string, int> producer;
  for (int i = 0; i < nodes.size(); ++i) {
    for (const std::string& output : nodes[i].output()) producer.emplace(output, i);
  }
  std::vector<bool> wanted(static_cast<size_t>(nodes.size()));
  std::vector<std::string> pending = {value};
  while (!pending.empty()) {
    const auto found = producer.find(pending.back());
    pending.pop_back();
    if (found == producer.end() || wanted[static_cast<size_t>(found->second)]) continue;
    wanted[static_cast<size_t>(found->second)] = true;
    const auto& inputs = nodes[found->second].input();
    pending.insert(pending.end(), inputs.begin(), inputs.end());
  }
  NodeProtos found;
  for (int i = 0; i < nodes.size(); ++i) {
    if (wanted[static_cast<size_t>(i)]) *found.Add() = nodes[i];
  }
  return found;
}

// What a condition that depends on sizes alone says for several sizes of what the file leaves free.
std::optional<bool> said_by_sizes(const GraphDraft& draft, int64_t byte_limit) {
  std::optional<bool> answer;
  for (const int64_t batch : {2, 3}) {
    for (const int64_t size : {32, 64}) {
      GraphDraft trial = draft;
      for (const Input& input : trial.inputs) {
        if (input.shape.empty()) return {};
      }
      const bool frozen = std::all_of(trial.inputs.begin(), trial.inputs.end(),
                                      [](const Input& input) { return input.shape[0] >= 0; });
      const int64_t examples = frozen && !trial.inputs.empty() ? trial.inputs[0].shape[0] : batch;
      const at::Tensor said =
          evaluate(trial, random_inputs(trial, examples, size, 1, byte_limit), byte_limit)[0];
      if (said.numel() != 1) return {};
      const bool now = said.item<bool>();
      if (answer && *answer != now) return {};
      answer = now;
    }
  }
  return answer;
}

std::optional<bool> decision(const onnx::ModelProto& model, const NodeProtos& nodes,
                             const std::string& condition, const std::filesystem::path& path,
                             int64_t byte_limit) {
  try {
    TensorReader tensors(path, byte_limit);
    GraphDraft draft = read_graph(model, ancestors(nodes, condition), tensors);
    draft.outputs = {condition};
    if (!draft.constants.contains(condition)) {
      check_one_producer(draft);
      name_nodes(draft);
      drop_dead_nodes(draft);
      sort_nodes(draft);
      check_operators(draft);
      fold_constants(draft, byte_limit - tensors.bytes());
    }
    if (const auto known = draft.constants.find(condition); known != draft.constants.end())
      return known->second.numel() == 1 ? std::optional<bool>(known->second.item<bool>()) : std::nullopt;
    if (data_dependent_values(draft).contains(condition)) return {};
    return said_by_sizes(draft, byte_limit);
  } catch (const std::invalid_argument&) {
    return {};
  }
}

// What is read within subgraphs, under the names it has outside.
void rename_within(onnx::NodeProto& node, const Renamed& names) {
  for (std::string& value : *node.mutable_input()) {
    if (const auto found = names.find(value); found != names.end()) value = found->second;
  }
  for (auto& attribute : *node.mutable_attribute()) {
    if (!attribute.has_g()) continue;
    for (auto& inner : *attribute.mutable_g()->mutable_node()) rename_within(inner, names);
    for (auto& output : *attribute.mutable_g()->mutable_output()) {
      if (const auto found = names.find(output.name()); found != names.end()) output.set_name(found->second);
    }
  }
}

const onnx::GraphProto* branch_of(const onnx::NodeProto& node, bool condition) {
  for (const auto& attribute : node.attribute()) {
    if (attribute.name() == (condition ? "then_branch" : "else_branch")) return &attribute.g();
  }
  return nullptr;
}

void add_branch(const onnx::NodeProto& node, const onnx::GraphProto& branch, NodeProtos& nodes) {
  const std::string prefix = node.name().empty() ? node.output(0) : node.name();
  Renamed names;
  const auto made = [&](const std::string& value) {
    names.emplace(value, fmt::format("{}/{}", prefix, value));
  };
  for (const auto& tensor : branch.initializer()) made(tensor.name());
  for (const auto& inner : branch.node()) {
    for (const std::string& output : inner.output()) {
      if (!output.empty()) made(output);
    }
  }
  for (const auto& tensor : branch.initializer()) {
    onnx::NodeProto& constant = *nodes.Add();
    constant.set_op_type("Constant");
    constant.add_output(names.at(tensor.name()));
    auto& value = *constant.add_attribute();
    value.set_name("value");
    value.set_type(onnx::AttributeProto::TENSOR);
    *value.mutable_t() = tensor;
  }
  for (onnx::NodeProto inner : branch.node()) {
    if (!inner.name().empty()) inner.set_name(fmt::format("{}/{}", prefix, inner.name()));
    rename_within(inner, names);
    for (std::string& output : *inner.mutable_output()) {
      if (!output.empty()) output = names.at(output);
    }
    *nodes.Add() = inner;
  }
  for (int i = 0; i < std::min(node.output_size(), branch.output_size()); ++i) {
    if (node.output(i).empty()) continue;
    const auto found = names.find(branch.output(i).name());
    onnx::NodeProto& identity = *nodes.Add();
    identity.set_op_type("Identity");
    identity.add_input(found == names.end() ? branch.output(i).name() : found->second);
    identity.add_output(node.output(i));
  }
}

}  // namespace

NodeProtos with_decided_branches(const onnx::ModelProto& model, NodeProtos nodes,
                                 const std::filesystem::path& path, int64_t byte_limit) {
  constexpr int kMostNodes = 1 << 20;
  for (bool changed = true; changed && nodes.size() < kMostNodes;) {
    changed = false;
    NodeProtos kept;
    for (const onnx::NodeProto& node : nodes) {
      const bool asks =
          !changed && node.op_type() == "If" && is_onnx_domain(node.domain()) && node.input_size() == 1;
      const auto answer = asks ? decision(model, nodes, node.input(0), path, byte_limit) : std::nullopt;
      const onnx::GraphProto* branch = answer ? branch_of(node, *answer) : nullptr;
      if (branch) {
        add_branch(node, *branch, kept);
        changed = true;
      } else {
        *kept.Add() = node;
      }
    }
    nodes = std::move(kept);
  }
  return nodes;
}

void reject_control_flow(const onnx::NodeProto& node) {
  const std::string& op = node.op_type();
  if (!is_onnx_domain(node.domain()) || (op != "If" && op != "Loop" && op != "Scan" && op != "SequenceMap"))
    return;
  const std::string name = node.name().empty() && node.output_size() > 0 ? node.output(0) : node.name();
  reject(fmt::format("node '{}' ({})", printable(name), op),
         op == "If" ? "control flow must be decided by constants and sizes" : "control flow must be unrolled",
         op == "If" ? "a condition that depends on the data, or on a size that is free" : "a " + op);
}

}  // namespace shatterproof
