// SPDX-License-Identifier: Apache-2.0
#include "onnx/batch_repair.h"

#include <ATen/ATen.h>
#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <numeric>

#include "network/walk.h"
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

// Which of several readings of a frozen shape was taken, in the order in which they were met.
struct Choice {
  size_t taken = 0;
  size_t offered = 1;
};

class Repairer {
 public:
  Repairer(const GraphDraft& draft, int64_t byte_limit, int64_t batch, std::vector<Choice>& choices)
      : draft_(draft),
        byte_limit_(byte_limit),
        batch_(batch),
        choices_(choices),
        single_(draft.nodes, draft.outputs, draft.constants),
        both_(draft.nodes, draft.outputs, repair_.draft.constants) {
    repair_.draft = draft;
    repair_.draft.nodes.clear();
  }

  std::optional<Repair> run(const std::vector<at::Tensor>& single, const std::vector<at::Tensor>& both) {
    for (size_t i = 0; i < draft_.inputs.size(); ++i) {
      single_.set(draft_.inputs[i].name, single[i]);
      both_.set(draft_.inputs[i].name, both[i]);
    }
    for (size_t i = 0; i < draft_.nodes.size(); ++i) {
      if (!visit(i)) return {};
    }
    drop_unused_constants(repair_.draft);
    return std::move(repair_);
  }

 private:
  // Both walks together, so that the repair still sees what the node reads.
  bool visit(size_t index) {
    bool fits = false;
    single_.visit(index, [&](size_t, const std::vector<at::Tensor>& inputs) {
      std::vector<at::Tensor> results = evaluate_node(draft_.nodes[index], inputs, byte_limit_);
      both_.visit(index, [&](size_t, const std::vector<at::Tensor>&) {
        std::optional<std::vector<at::Tensor>> fitting = repaired_outputs(draft_.nodes[index], results);
        fits = fitting.has_value();
        return fitting.value_or(std::vector<at::Tensor>());
      });
      return results;
    });
    return fits;
  }

  // What the repaired node makes of both batches; nothing where no repair fits.
  std::optional<std::vector<at::Tensor>> repaired_outputs(const Node& node,
                                                          const std::vector<at::Tensor>& results) {
    Node repaired = node;
    if (node.op == "Reshape") {
      repair_reshape(repaired, results[0]);
    } else if (node.op == "Concat") {
      repair_concat(repaired, results[0].dim());
    } else if (node.op == "Expand") {
      repair_expand(repaired, results[0]);
    }
    std::optional<std::vector<at::Tensor>> fitting = evaluated(repaired);
    if (!fitting && narrow_constants(repaired)) fitting = evaluated(repaired);
    if (fitting) repair_.draft.nodes.push_back(std::move(repaired));
    return fitting;
  }

  std::optional<std::vector<at::Tensor>> evaluated(const Node& node) const {
    try {
      return evaluate_node(node, both_.inputs_of(node), byte_limit_);
    } catch (const std::invalid_argument&) {
      return {};
    }
  }

  // Constants that hold the same for each of the frozen examples (states that start at zero) hold it once.
  bool narrow_constants(Node& node) {
    if (batch_ < 2) return false;
    bool narrowed = false;
    for (std::string& value : node.inputs) {
      const auto found = repair_.draft.constants.find(value);
      if (found == repair_.draft.constants.end()) continue;
      const at::Tensor constant = found->second;
      // The states of a recurrent node are [directions, batch, units], where these may be equally many.
      const bool recurs = node.op == "RNN" || node.op == "GRU" || node.op == "LSTM";
      for (int64_t axis = recurs && node.integer("layout", 0) == 0 ? 1 : 0; axis < constant.dim(); ++axis) {
        const at::Tensor first = constant.narrow(axis, 0, std::min<int64_t>(1, constant.size(axis)));
        if (constant.size(axis) != batch_ || !at::equal(constant, first.expand_as(constant))) continue;
        value = fresh_constant(fmt::format("{}/{}", node.name, value), first.clone());
        narrowed = true;
        break;
      }
    }
    if (narrowed) ++repair_.nodes;
    return narrowed;
  }

  bool is_computed(const std::string& value) const { return both_.values().contains(value); }

  std::optional<size_t> axis_of(const std::string& value) const {
    return is_computed(value) ? batch_axis(single_.at(value), both_.at(value)) : std::nullopt;
  }

  // A target that is the same for one and for two examples. Numbers keep their order, so the batch may lie in
  // any axis of the result with as many numbers before it as divide those before the batch of the operand,
  // and as many after it as divide those within one example.
  void repair_reshape(Node& node, const at::Tensor& result) {
    const std::string& operand = node.inputs[0];
    const std::string& target = node.inputs[1];
    const std::optional<size_t> from = axis_of(operand);
    if (!from || (is_computed(target) && !at::equal(single_.at(target), both_.at(target)))) return;
    const at::IntArrayRef sizes = single_.at(operand).sizes();
    std::vector<int64_t> shape(result.sizes().begin(), result.sizes().end());
    if (std::find(shape.begin(), shape.end(), 0) != shape.end()) return;
    const std::vector<size_t> axes = axes_for_batch(sizes, *from, shape);
    if (axes.empty()) return;
    shape[axes[chosen(axes.size())]] = -1;
    node.inputs[1] = fresh_constant(node.name + "/shape", at::tensor(shape, at::kLong));
    ++repair_.nodes;
  }

  // Likeliest first: the one with exactly the numbers before it that lie before the batch.
  std::vector<size_t> axes_for_batch(at::IntArrayRef sizes, size_t from,
                                     const std::vector<int64_t>& shape) const {
    const int64_t outer = leading_numbers(sizes, from);
    const int64_t all = leading_numbers(sizes, sizes.size());
    if (all == 0) return {};
    // What shares the batch's axis may lie before it (steps) or after it (heads).
    const int64_t beside = std::max<int64_t>(1, sizes[from] / batch_);
    const int64_t example = all / outer / std::max<int64_t>(1, sizes[from] / beside);
    std::vector<size_t> axes;
    for (size_t axis = 0; axis < shape.size(); ++axis) {
      const int64_t before = leading_numbers(shape, axis), after = all / before / shape[axis];
      if (before == outer && (axes.empty() || before != leading_numbers(shape, axes.front()))) {
        axes.insert(axes.begin(), axis);
      } else if (outer * beside % before == 0 && example % after == 0) {
        axes.push_back(axis);
      }
    }
    return axes;
  }

  // Which of `offered` is tried: what was decided before, else the first.
  size_t chosen(size_t offered) {
    if (made_choices_ == choices_.size()) choices_.push_back({0, offered});
    return choices_[made_choices_++].taken;
  }

  // What does not depend on the examples and was repeated for each of the frozen ones is repeated no more: it
  // broadcasts, and where it does not, repair_concat repeats it.
  void repair_expand(Node& node, const at::Tensor& result) {
    if (batch_ < 2 || is_computed(node.inputs[1]) || axis_of(node.inputs[0]) || result.dim() == 0) return;
    const at::IntArrayRef from = single_.at(node.inputs[0]).sizes();
    const bool repeats = static_cast<int64_t>(from.size()) < result.dim() || from[0] == 1;
    if (result.size(0) != batch_ || !repeats) return;
    std::vector<int64_t> shape = result.sizes().vec();
    shape[0] = 1;
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
      if (axis_of(value) || both_.at(value).sizes()[*axis] != 1) continue;
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
    both_.set(node.outputs[0], evaluate_node(node, both_.inputs_of(node), byte_limit_)[0]);
    repair_.draft.nodes.push_back(node);
    return node.outputs[0];
  }

  std::string fresh_name(std::string name) {
    name = draft_.fresh_name(name);
    while (!made_.insert(name).second) name = draft_.fresh_name(name + "_");
    return name;
  }

  std::string fresh_constant(const std::string& wanted, at::Tensor value) {
    const std::string name = fresh_name(wanted);
    repair_.draft.add_constant(name, std::move(value));
    return name;
  }

  const GraphDraft& draft_;
  int64_t byte_limit_;
  int64_t batch_;
  std::vector<Choice>& choices_;
  size_t made_choices_ = 0;
  std::unordered_set<std::string> made_;
  Repair repair_;
  Walk<at::Tensor> single_, both_;
};

}  // namespace

std::optional<Repair> repaired_for(const GraphDraft& draft, const std::vector<at::Tensor>& single,
                                   const std::vector<at::Tensor>& both, int64_t byte_limit,
                                   const std::function<bool(const GraphDraft&)>& holds) {
  constexpr int kMostTries = 64;
  const int64_t batch = single.empty() || single[0].dim() == 0 ? 1 : single[0].size(0);
  std::vector<Choice> choices;
  for (int tries = 0; tries < kMostTries; ++tries) {
    auto repair = Repairer(draft, byte_limit, batch, choices).run(single, both);
    if (repair && repair->nodes > 0 && holds(repair->draft)) return repair;
    // The last reading that has an alternative was wrong, or the one before it.
    while (!choices.empty() && choices.back().taken + 1 == choices.back().offered) choices.pop_back();
    if (choices.empty()) return {};
    ++choices.back().taken;
  }
  return {};
}

}  // namespace shatterproof
