// SPDX-License-Identifier: Apache-2.0
#include "onnx/batch_axis.h"

#include <ATen/ATen.h>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cctype>
#include <numeric>

#include "network/softmax.h"
#include "onnx/batch_repair.h"
#include "onnx/data_dependent_shape.h"
#include "onnx/evaluation.h"
#include "onnx/free_axes.h"
#include "onnx/random_inputs.h"
#include "shatterproof/core/error.h"

namespace shatterproof {
namespace {

using Tensors = std::vector<at::Tensor>;

Tensors joined(const Tensors& a, const Tensors& b) {
  Tensors both;
  for (size_t i = 0; i < a.size(); ++i) both.push_back(at::cat({a[i], b[i]}, 0));
  return both;
}

// Whether batch statistics are taken or noise is drawn somewhere, so that an example's output depends on its
// neighbours or its place.
bool couples_examples(const GraphDraft& draft) {
  return std::any_of(draft.nodes.begin(), draft.nodes.end(), [&](const Node& node) {
    if (node.op.starts_with("Random") || node.op == "Bernoulli") return true;
    if (node.op == "BatchNormalization") return node.integer("training_mode", 0) != 0;
    const bool normalizes = node.op == "MeanVarianceNormalization";
    if (!normalizes && !node.op.starts_with("Reduce")) return false;
    std::vector<int64_t> axes = node.integers("axes");
    if (node.inputs.size() > 1 && draft.constants.contains(node.inputs[1])) {
      const at::Tensor given = draft.constants.at(node.inputs[1]).to(at::kLong).contiguous();
      axes.assign(given.data_ptr<int64_t>(), given.data_ptr<int64_t>() + given.numel());
    }
    return axes.empty() || std::find(axes.begin(), axes.end(), 0) != axes.end();
  });
}

// Rounding differs between batch sizes; examples mixed up differ by more than this share of the largest
// output.
constexpr double kRounding = 1e-3;

bool agree(const at::Tensor& found, const at::Tensor& expected, bool values_too) {
  if (found.sizes() != expected.sizes() || found.scalar_type() != expected.scalar_type()) return false;
  if (!values_too || found.numel() == 0) return true;
  const at::Tensor a = found.to(at::kDouble), b = expected.to(at::kDouble);
  const double scale = at::nan_to_num(b, 0, 0, 0).abs().max().item<double>();
  return at::allclose(a, b, 0, kRounding * scale, true);
}

// The graph with logits as outputs in place of their softmax, which still runs: where logits are far apart
// they turn rounding into anything.
GraphDraft up_to_logits(GraphDraft draft) {
  for (const Node& node : draft.nodes) {
    if (!is_softmax(node)) continue;
    if (node.integer("axis", -1) != 0)
      std::replace(draft.outputs.begin(), draft.outputs.end(), node.outputs[0], node.inputs[0]);
  }
  return draft;
}

// One attempt to run a graph on two batches one by one and together.
class Trial {
 public:
  Trial(const GraphDraft& draft, int64_t batch, int64_t free_size, int64_t byte_limit)
      : first(random_inputs(draft, batch, free_size, 1, byte_limit)),
        second(random_inputs(draft, batch, free_size, 2, byte_limit)),
        free_size(free_size),
        byte_limit_(byte_limit),
        values_too_(!couples_examples(draft)) {
    first_outputs = evaluate(up_to_logits(draft), first, byte_limit);
  }

  // Whether `draft` gives for both together what the original gives for each. `second_outputs` is made once.
  bool holds_for(const GraphDraft& original, const GraphDraft& draft) {
    try {
      if (second_outputs_.empty()) second_outputs_ = evaluate(up_to_logits(original), second, byte_limit_);
      const Tensors together = evaluate(up_to_logits(draft), joined(first, second), byte_limit_);
      for (size_t i = 0; i < together.size(); ++i) {
        if (first_outputs[i].dim() == 0) return false;
        if (!agree(together[i], at::cat({first_outputs[i], second_outputs_[i]}, 0), values_too_))
          return false;
      }
      return true;
    } catch (const std::invalid_argument&) {
      return false;
    }
  }

  // Whether `draft` gives for `batch` examples what it gives for each of them alone.
  bool splits(const GraphDraft& draft, int64_t batch) const {
    try {
      for (int64_t i = 0; i < batch; ++i) {
        Tensors example;
        for (const at::Tensor& input : first) example.push_back(input.narrow(0, i, 1));
        const Tensors outputs = evaluate(up_to_logits(draft), example, byte_limit_);
        for (size_t k = 0; k < outputs.size(); ++k) {
          if (!agree(outputs[k], first_outputs[k].narrow(0, i, 1), values_too_)) return false;
        }
      }
      return true;
    } catch (const std::invalid_argument&) {
      return false;
    }
  }

  Tensors first, second, first_outputs;
  int64_t free_size;

 private:
  int64_t byte_limit_;
  bool values_too_;
  Tensors second_outputs_;
};

// Puts an axis of size 1 in front of every input and output.
void add_batch_axis(GraphDraft& draft) {
  const int64_t opset = draft.nodes.front().opset;
  constexpr int64_t kAxesAreInputs = 13;
  const std::string axes = "batch_axis";
  if (opset >= kAxesAreInputs) draft.add_constant(axes, at::zeros({1}, at::kLong));
  const auto bridge = [&](const char* op, const std::string& from, const std::string& to) {
    Node node{to + "/" + op, op, opset, {from}, {to}, {}};
    if (opset >= kAxesAreInputs) {
      node.inputs.push_back(axes);
    } else {
      node.attributes["axes"] = std::vector<int64_t>{0};
    }
    return node;
  };
  std::vector<Node> before, after;
  std::unordered_map<std::string, std::string> renamed;
  const auto inner_name = [&](const std::string& value) {
    return renamed.emplace(value, value + "/example").first->second;
  };
  for (Input& input : draft.inputs) {
    before.push_back(bridge("Squeeze", input.name, inner_name(input.name)));
    input.shape.insert(input.shape.begin(), 1);
  }
  for (const std::string& output : draft.outputs) {
    if (!renamed.contains(output)) after.push_back(bridge("Unsqueeze", inner_name(output), output));
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

// Axis 0 of the outputs that lack it: one example, by itself.
void add_output_axis(GraphDraft& draft, const Tensors& outputs) {
  constexpr int64_t kAxesAreInputs = 13;
  const int64_t opset = draft.nodes.front().opset;
  for (size_t i = 0; i < outputs.size(); ++i) {
    if (outputs[i].dim() > 0 && outputs[i].size(0) == 1) continue;
    const std::string inner = draft.outputs[i], outer = draft.fresh_name(inner + "/batch");
    Node node{outer, "Unsqueeze", opset, {inner}, {outer}, {}};
    if (opset >= kAxesAreInputs) {
      node.inputs.push_back(draft.fresh_name(outer + "/axes"));
      draft.add_constant(node.inputs.back(), at::zeros({1}, at::kLong));
    } else {
      node.attributes["axes"] = std::vector<int64_t>{0};
    }
    draft.nodes.push_back(std::move(node));
    draft.outputs[i] = outer;
  }
}

// The size that all inputs fix axis 0 to, -1 when all leave it free; empty when they disagree or have no
// axis.
std::optional<int64_t> declared_batch(const GraphDraft& draft) {
  std::optional<int64_t> batch;
  for (const Input& input : draft.inputs) {
    if (input.shape.empty() || (batch && *batch != input.shape[0])) return {};
    batch = input.shape[0];
  }
  return batch;
}

// Free axes other than the batch get the first size with which the graph runs.
std::optional<Trial> first_trial(const GraphDraft& draft, int64_t batch, int64_t byte_limit) {
  if (!has_free_axes(draft)) return Trial(draft, batch, 1, byte_limit);
  for (const int64_t size : kStandInSizes) {
    try {
      return Trial(draft, batch, size, byte_limit);
    } catch (const std::invalid_argument&) {
    }
  }
  return {};
}

BatchFinding without_batch_axis(GraphDraft& draft, int64_t byte_limit) {
  for (const Input& input : draft.inputs) {
    if (std::any_of(input.shape.begin(), input.shape.end(), [](int64_t size) { return size < 0; })) {
      reject(fmt::format("input '{}'", printable(input.name)),
             "shapes must be fixed unless all inputs begin with the batch axis",
             fmt::format("[{}]", fmt::join(input.shape, ", ")));
    }
  }
  add_batch_axis(draft);
  const Trial trial(draft, 1, 1, byte_limit);
  return {BatchAxis::fixed, 1, false, {"the inputs have no batch axis: run example by example"}};
}

// The graph with the batch freed, where it then gives for examples together what it gives for each.
std::optional<BatchFinding> freed(GraphDraft& draft, Trial& trial, int64_t declared, int64_t byte_limit) {
  const int64_t batch = declared < 0 ? 1 : declared;
  const auto holds = [&](const GraphDraft& candidate) {
    return trial.holds_for(draft, candidate) && (batch == 1 || trial.splits(candidate, batch));
  };
  BatchFinding finding{declared < 0 ? BatchAxis::free : BatchAxis::generalized, 0, true, {}};
  if (!holds(draft)) {
    auto repair = repaired_for(draft, trial.first, joined(trial.first, trial.second), byte_limit, holds);
    if (!repair) return {};
    draft = std::move(repair->draft);
    finding.axis = BatchAxis::generalized;
    finding.notes = {fmt::format("{} node(s) froze the batch to {} and were freed", repair->nodes, batch)};
  }
  set_batch(draft, -1);
  std::vector<std::string> drawn = draw_free_axes_at(draft, trial.free_size);
  finding.notes.insert(finding.notes.end(), drawn.begin(), drawn.end());
  return finding;
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

// The graph with axis 1 of every input, and of every output whose axis 1 has the size of the batch, brought
// to the front.
GraphDraft with_second_axis_first(const GraphDraft& draft, const Tensors& outputs, int64_t batch) {
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

// Steps first, examples second: [steps, batch, numbers...], or [steps, batch] of whole numbers.
bool may_have_batch_second(const GraphDraft& draft) {
  return std::all_of(draft.inputs.begin(), draft.inputs.end(), [](const Input& input) {
    return input.shape.size() >= (c10::isFloatingType(input.dtype) ? size_t{3} : size_t{2});
  });
}

// Whether the file calls axis 1 of its inputs the batch, and not axis 0.
bool names_batch_second(const GraphDraft& draft) {
  return may_have_batch_second(draft) &&
         std::all_of(draft.inputs.begin(), draft.inputs.end(), [&](const Input& input) {
           const auto names = draft.axis_names.find(input.name);
           if (names == draft.axis_names.end() || names->second.size() < 2) return false;
           const auto says_batch = [](std::string name) {
             std::transform(name.begin(), name.end(), name.begin(),
                            [](unsigned char c) { return std::tolower(c); });
             return name.find("batch") != std::string::npos || name == "n" || name == "b" || name == "bs";
           };
           return says_batch(names->second[1]) && !says_batch(names->second[0]);
         });
}

std::optional<BatchFinding> freed_second_axis(GraphDraft& draft, int64_t byte_limit) {
  if (!may_have_batch_second(draft)) return {};
  try {
    GraphDraft sizes = draft;
    for (Input& input : sizes.inputs) std::swap(input.shape[0], input.shape[1]);
    const std::optional<int64_t> declared = declared_batch(sizes);
    if (!declared) return {};
    const int64_t batch = *declared < 0 ? 1 : *declared;
    // As the file has it: axis 0 in the place of a free size, axis 1 the batch.
    GraphDraft as_is = draft;
    for (Input& input : as_is.inputs) input.shape[1] = batch;
    const int64_t steps = draft.inputs[0].shape[0];
    std::optional<Tensors> outputs;
    for (const int64_t size : kStandInSizes) {
      try {
        outputs =
            evaluate(as_is, random_inputs(as_is, steps < 0 ? size : steps, size, 1, byte_limit), byte_limit);
        break;
      } catch (const std::invalid_argument&) {
        if (steps > 0 && !has_free_axes(as_is)) return {};
      }
    }
    if (!outputs) return {};
    GraphDraft swapped = with_second_axis_first(draft, *outputs, batch);
    std::optional<Trial> trial = first_trial(swapped, batch, byte_limit);
    if (!trial) return {};
    auto finding = freed(swapped, *trial, *declared, byte_limit);
    if (!finding) return {};
    draft = std::move(swapped);
    finding->notes.push_back("the file has the batch in axis 1 of its inputs: here it comes first");
    return finding;
  } catch (const std::invalid_argument&) {
    return {};
  }
}

}  // namespace

BatchFinding free_batch_axis(GraphDraft& draft, int64_t byte_limit) {
  if (names_batch_second(draft)) {
    if (auto finding = freed_second_axis(draft, byte_limit)) return *finding;
  }
  const std::optional<int64_t> declared = declared_batch(draft);
  if (!declared) {
    if (auto finding = freed_second_axis(draft, byte_limit)) return *finding;
    return without_batch_axis(draft, byte_limit);
  }
  const bool declared_free = *declared < 0;
  const int64_t batch = declared_free ? 1 : *declared;
  std::optional<Trial> trial = first_trial(draft, batch, byte_limit);
  if (!trial) {
    const std::string note =
        "free axes of the inputs kept the model from being tried out (--shape AXIS=N gives them a size)";
    if (!declared_free) return {BatchAxis::fixed, batch, false, {note}};
    return {BatchAxis::free, 0, false, {note}};
  }
  reject_data_dependent_shapes(draft, batch, trial->free_size, byte_limit);
  if (auto finding = freed(draft, *trial, *declared, byte_limit)) return *finding;
  if (auto finding = freed_second_axis(draft, byte_limit)) return *finding;
  std::vector<std::string> notes = draw_free_axes_at(draft, trial->free_size);
  const bool outputs_carry_it =
      std::all_of(trial->first_outputs.begin(), trial->first_outputs.end(),
                  [&](const at::Tensor& y) { return y.dim() > 0 && y.size(0) == batch; });
  if (!outputs_carry_it && batch > 1) return without_batch_axis(draft, byte_limit);
  set_batch(draft, batch);
  if (!outputs_carry_it) {
    add_output_axis(draft, evaluate(draft, trial->first, byte_limit));
    notes.push_back("the outputs lack the batch axis: run example by example");
  } else {
    notes.push_back(fmt::format("the graph is frozen to {} example(s) at a time: run so", batch));
  }
  return {BatchAxis::fixed, batch, false, notes};
}

}  // namespace shatterproof
