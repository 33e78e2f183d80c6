// SPDX-License-Identifier: Apache-2.0
#include "onnx/batch_axis.h"

#include <ATen/ATen.h>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cctype>

#include "onnx/batch_repair.h"
#include "onnx/batch_trial.h"
#include "onnx/data_dependent_shape.h"
#include "onnx/evaluation.h"
#include "onnx/first_axis.h"
#include "onnx/free_axes.h"
#include "onnx/random_inputs.h"
#include "shatterproof/core/error.h"

namespace shatterproof {
namespace {

using Tensors = std::vector<at::Tensor>;

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

BatchFinding without_batch_axis(GraphDraft& draft, int64_t byte_limit) {
  for (const Input& input : draft.inputs) {
    if (std::any_of(input.shape.begin(), input.shape.end(), [](int64_t size) { return size < 0; })) {
      reject(fmt::format("input '{}'", printable(input.name)),
             "shapes must be fixed unless all inputs begin with the batch axis",
             fmt::format("[{}]", fmt::join(input.shape, ", ")));
    }
  }
  add_batch_axis(draft);
  const BatchTrial trial(draft, 1, 1, byte_limit);
  return {BatchAxis::fixed, 1, false, {"the inputs have no batch axis: run example by example"}};
}

// Whether an exporter, or whoever called it, gave an axis the batch's name.
bool says_batch(std::string name) {
  std::transform(name.begin(), name.end(), name.begin(), [](unsigned char c) { return std::tolower(c); });
  return name.find("batch") != std::string::npos || name == "n" || name == "b" || name == "bs";
}

const std::vector<std::string>& axis_names(const GraphDraft& draft, const Input& input) {
  static const std::vector<std::string> none;
  const auto names = draft.axis_names.find(input.name);
  return names == draft.axis_names.end() ? none : names->second;
}

bool names_batch_first(const GraphDraft& draft) {
  return std::all_of(draft.inputs.begin(), draft.inputs.end(), [&](const Input& input) {
    const std::vector<std::string>& names = axis_names(draft, input);
    return !names.empty() && says_batch(names[0]);
  });
}

// The graph with the batch freed, where it then gives for examples together what it gives for each.
std::optional<BatchFinding> freed(GraphDraft& draft, BatchTrial& trial, int64_t declared,
                                  int64_t byte_limit) {
  const int64_t batch = declared < 0 ? 1 : declared;
  const auto holds = [&](const GraphDraft& candidate) {
    return trial.holds_for(draft, candidate) && (batch == 1 || trial.splits(candidate, batch));
  };
  BatchFinding finding{declared < 0 ? BatchAxis::free : BatchAxis::generalized, 0, true, {}};
  if (!holds(draft)) {
    auto repair = repaired_for(draft, trial.first, joined(trial.first, trial.second), byte_limit, holds);
    if (repair) {
      draft = std::move(repair->draft);
      finding.axis = BatchAxis::generalized;
      finding.notes = {fmt::format("{} node(s) froze the batch to {} and were freed", repair->nodes, batch)};
    } else if (declared >= 0 || !names_batch_first(draft) || !trial.fits(draft)) {
      return {};
    }  // else its examples change one another, as behind a softmax over them: so it runs for its user too
  }
  set_batch(draft, -1);
  std::vector<std::string> drawn = draw_free_axes_at(draft, trial.free_size);
  finding.notes.insert(finding.notes.end(), drawn.begin(), drawn.end());
  return finding;
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
           const std::vector<std::string>& names = axis_names(draft, input);
           return names.size() > 1 && says_batch(names[1]) && !says_batch(names[0]);
         });
}

// As many steps as examples, and no name that tells which are which: how many, else 0.
int64_t size_of_alike_axes(const GraphDraft& draft) {
  const bool are_alike = std::all_of(draft.inputs.begin(), draft.inputs.end(), [](const Input& input) {
    return input.shape[0] > 1 && input.shape[0] == input.shape[1];
  });
  return are_alike && !names_batch_second(draft) ? draft.inputs.front().shape[0] : 0;
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
    std::optional<BatchTrial> trial = first_trial(swapped, batch, byte_limit);
    if (!trial) return {};
    auto finding = freed(swapped, *trial, *declared, byte_limit);
    if (!finding) return {};
    finding->alike_axes = size_of_alike_axes(draft);
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
  std::optional<BatchTrial> trial = first_trial(draft, batch, byte_limit);
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
