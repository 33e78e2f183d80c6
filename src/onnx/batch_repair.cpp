// SPDX-License-Identifier: Apache-2.0
#include "onnx/batch_repair.h"

#include <ATen/ATen.h>
#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <numeric>

#include "onnx/evaluation.h"

namespace shatterproof {
namespace {

int64_t leading_numbers(at::IntArrayRef sizes, size_t axes) {
  return std::accumulate(sizes.begin(), sizes.begin() + axes, int64_t{1}, std::multiplies<>());
}

// The one axis along which `both` is twice as long as `single`.
std::optional<size_t> batch_axis(const at::Tensor& single, const at::Tensor& both) {
  if (!single.defined() || !both.defined() || single.dim() != both.dim()) return {};
  std::optional<size_t> axis;
  for (size_t i = 0; i < static_cast<size_t>(single.dim()); ++i) {
    const int64_t one = single.sizes()[i], two = both.sizes()[i];
    if (one == two) continue;
    if (axis || two != 2 * one) return {};
    axis = i;
  }
  return axis;
}

class Repairer {
 public:
  Repairer(const GraphDraft& draft, int64_t byte_limit)
      : draft_(draft), byte_limit_(byte_limit), readers_(read_counts(draft)), readers_of_both_(readers_) {
    repair_.draft = draft;
    repair_.draft.nodes.clear();
  }

  std::optional<Repair> run(const std::vector<at::Tensor>& single, const std::vector<at::Tensor>& both) {
    for (size_t i = 0; i < draft_.inputs.size(); ++i) {
      single_.emplace(draft_.inputs[i].name, single[i]);
      both_.emplace(draft_.inputs[i].name, both[i]);
    }
    for (const Node& node : draft_.nodes) {
      if (!visit(node)) return {};
    }
    drop_unused_constants(repair_.draft);
    return std::move(repair_);
  }

 private:
  bool visit(const Node& node) {
    const auto before = inputs_of(node, single_, draft_.constants);
    const std::vector<at::Tensor> results = evaluate_node(node, before, byte_limit_);
    Node repaired = node;
    if (node.op == "Reshape") {
      repair_reshape(repaired, results[0]);
    } else if (node.op == "Concat") {
      repair_concat(repaired, results[0].dim());
    }
    std::vector<at::Tensor> results_of_both;
    try {
      results_of_both =
          evaluate_node(repaired, inputs_of(repaired, both_, repair_.draft.constants), byte_limit_);
    } catch (const std::invalid_argument&) {
      return false;
    }
    for (size_t i = 0; i < node.outputs.size(); ++i) {
      if (node.outputs[i].empty()) continue;
      single_[node.outputs[i]] = results[i];
      both_[node.outputs[i]] = results_of_both[i];
    }
    repair_.draft.nodes.push_back(std::move(repaired));
    release(node, readers_, single_);
    release(node, readers_of_both_, both_);
    return true;
  }

  const at::Tensor& of_single(const std::string& value) const {
    const auto found = single_.find(value);
    return found == single_.end() ? draft_.constants.at(value) : found->second;
  }

  std::optional<size_t> axis_of(const std::string& value) const {
    const auto found = both_.find(value);
    return found == both_.end() ? std::nullopt : batch_axis(of_single(value), found->second);
  }

  // A target that is the same for one and for two examples: rows of the batch stay outermost, so the batch
  // axis of the result is the first one with as many numbers before it as the batch axis of the operand has.
  void repair_reshape(Node& node, const at::Tensor& result) {
    const std::string& operand = node.inputs[0];
    const std::string& target = node.inputs[1];
    const std::optional<size_t> from = axis_of(operand);
    if (!from || (both_.contains(target) && !at::equal(of_single(target), both_.at(target)))) return;
    const at::IntArrayRef sizes = of_single(operand).sizes();
    const int64_t outer = leading_numbers(sizes, *from);
    size_t axis = 0;
    while (axis < static_cast<size_t>(result.dim()) && leading_numbers(result.sizes(), axis) != outer) ++axis;
    if (axis == static_cast<size_t>(result.dim())) return;
    std::vector<int64_t> shape(result.sizes().begin(), result.sizes().end());
    if (std::find(shape.begin(), shape.end(), 0) != shape.end()) return;
    shape[axis] = -1;
    node.inputs[1] = fresh_constant(node.name + "/shape", at::tensor(shape, at::kLong));
    ++repair_.nodes;
  }

  // Operands of one example each beside operands that carry the batch: repeated for every example.
  void repair_concat(Node& node, int64_t rank) {
    std::optional<size_t> axis;
    std::string carrier;
    for (const std::string& value : node.inputs) {
      if (const auto found = axis_of(value)) {
        axis = found;
        carrier = value;
      }
    }
    if (!axis) return;
    const int64_t joined = node.integer("axis", 0);
    if (static_cast<size_t>(joined < 0 ? joined + rank : joined) == *axis) return;
    bool changed = false;
    for (size_t i = 0; i < node.inputs.size(); ++i) {
      const std::string value = node.inputs[i];
      if (axis_of(value) || of_single(value).sizes()[*axis] != 1) continue;
      node.inputs[i] = repeated(value, carrier, *axis, rank, fmt::format("{}/{}", node.name, i), node.opset);
      changed = true;
    }
    if (changed) ++repair_.nodes;
  }

  // Nodes that expand `value` along `axis` to the size that `carrier` has there.
  std::string repeated(const std::string& value, const std::string& carrier, size_t axis, int64_t rank,
                       const std::string& stem, int64_t opset) {
    const std::string sizes = add({stem + "/sizes", "Shape", opset, {carrier}, {}, {}});
    const std::string index =
        fresh_constant(stem + "/axis", at::tensor({static_cast<int64_t>(axis)}, at::kLong));
    const std::string batch =
        add({stem + "/batch", "Gather", opset, {sizes, index}, {}, {{"axis", int64_t{0}}}});
    std::vector<std::string> parts = {batch};
    const auto ones = [&](const char* suffix, int64_t count) {
      return fresh_constant(stem + suffix, at::ones({count}, at::kLong));
    };
    const int64_t after = rank - 1 - static_cast<int64_t>(axis);
    if (axis > 0) parts.insert(parts.begin(), ones("/before", static_cast<int64_t>(axis)));
    if (after > 0) parts.push_back(ones("/after", after));
    const std::string target = add({stem + "/target", "Concat", opset, parts, {}, {{"axis", int64_t{0}}}});
    return add({stem + "/repeated", "Expand", opset, {value, target}, {}, {}});
  }

  std::string add(Node node) {
    node.outputs = {fresh_name(node.name)};
    both_[node.outputs[0]] =
        evaluate_node(node, inputs_of(node, both_, repair_.draft.constants), byte_limit_)[0];
    repair_.draft.nodes.push_back(node);
    return node.outputs[0];
  }

  std::string fresh_name(std::string name) {
    while (draft_.constants.contains(name) || readers_.contains(name) || !made_.insert(name).second)
      name += "_";
    return name;
  }

  std::string fresh_constant(const std::string& wanted, at::Tensor value) {
    const std::string name = fresh_name(wanted);
    repair_.draft.add_constant(name, std::move(value));
    return name;
  }

  const GraphDraft& draft_;
  int64_t byte_limit_;
  std::unordered_map<std::string, int64_t> readers_, readers_of_both_;
  std::unordered_set<std::string> made_;
  Values single_, both_;
  Repair repair_;
};

}  // namespace

std::optional<Repair> repaired_for(const GraphDraft& draft, const std::vector<at::Tensor>& single,
                                   const std::vector<at::Tensor>& both, int64_t byte_limit) {
  return Repairer(draft, byte_limit).run(single, both);
}

}  // namespace shatterproof
