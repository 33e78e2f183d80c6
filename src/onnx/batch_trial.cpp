// SPDX-License-Identifier: Apache-2.0
#include "onnx/batch_trial.h"

#include <ATen/ATen.h>

#include <algorithm>

#include "network/softmax.h"
#include "onnx/evaluation.h"
#include "onnx/free_axes.h"
#include "onnx/random_inputs.h"

namespace shatterproof {
namespace {

using Tensors = std::vector<at::Tensor>;

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

}  // namespace

Tensors joined(const Tensors& a, const Tensors& b) {
  Tensors both;
  for (size_t i = 0; i < a.size(); ++i) both.push_back(at::cat({a[i], b[i]}, 0));
  return both;
}

BatchTrial::BatchTrial(const GraphDraft& draft, int64_t batch, int64_t free_size, int64_t byte_limit)
    : first(random_inputs(draft, batch, free_size, 1, byte_limit)),
      second(random_inputs(draft, batch, free_size, 2, byte_limit)),
      free_size(free_size),
      byte_limit_(byte_limit),
      values_too_(!couples_examples(draft)) {
  first_outputs = evaluate(up_to_logits(draft), first, byte_limit);
}

bool BatchTrial::holds_for(const GraphDraft& original, const GraphDraft& draft) {
  return joins(original, draft, values_too_);
}

bool BatchTrial::fits(const GraphDraft& draft) {
  return joins(draft, draft, false);
}

bool BatchTrial::joins(const GraphDraft& original, const GraphDraft& draft, bool values_too) {
  try {
    if (second_outputs_.empty()) second_outputs_ = evaluate(up_to_logits(original), second, byte_limit_);
    const Tensors together = evaluate(up_to_logits(draft), joined(first, second), byte_limit_);
    for (size_t i = 0; i < together.size(); ++i) {
      if (first_outputs[i].dim() == 0) return false;
      if (!agree(together[i], at::cat({first_outputs[i], second_outputs_[i]}, 0), values_too)) return false;
    }
    return true;
  } catch (const std::invalid_argument&) {
    return false;
  }
}

bool BatchTrial::splits(const GraphDraft& draft, int64_t batch) const {
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

// Free axes other than the batch get the first size with which the graph runs.
std::optional<BatchTrial> first_trial(const GraphDraft& draft, int64_t batch, int64_t byte_limit) {
  if (!has_free_axes(draft)) return BatchTrial(draft, batch, 1, byte_limit);
  for (const int64_t size : kStandInSizes) {
    try {
      return BatchTrial(draft, batch, size, byte_limit);
    } catch (const std::invalid_argument&) {
    }
  }
  return {};
}

}  // namespace shatterproof
