// SPDX-License-Identifier: Apache-2.0
#include "run/plan.h"

#include <ATen/ATen.h>
#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "network/walk.h"
#include "network/weight_layout.h"
#include "shatterproof/core/error.h"

namespace shatterproof {
namespace {

at::Device parse_device(const std::string& text) {
  if (text == "cpu") return at::kCPU;
  if (text != "cuda" && !text.starts_with("cuda:"))
    reject_unknown("device", "device", text, {"cpu", "cuda", "cuda:K"});
  if (!at::hasCUDA()) reject("device", "this LibTorch must be built with CUDA and see a GPU", text);
  try {
    return at::Device(text);
  } catch (const c10::Error&) {
    reject("device", "must be cpu, cuda or cuda:K", text);
  }
}

}  // namespace

int64_t examples_along(std::span<const at::Tensor> inputs, bool depends_on_input, int64_t examples) {
  const bool carries = depends_on_input && !inputs.empty() && inputs[0].defined() && inputs[0].dim() > 0 &&
                       inputs[0].size(0) == examples;
  return carries ? examples : 0;
}

Plan::Plan(const Network& network, const RunOptions& options)
    : dtype(options.dtype), device(parse_device(options.device)), inputs(network.inputs()) {
  if (dtype != at::kFloat && dtype != at::kDouble) {
    reject("dtype", "must be float32 or float64", c10::toString(dtype));
  }
  const Structure derived = structure(network);
  load_parameters(network);
  for (const Input& input : inputs) input_slots.push_back(slot_of(input.name));
  add_steps(network, derived);
  outputs_ = ending_of(network, derived, {false, options.every_node});
  logits_ = ending_of(network, derived, {true, options.every_node});
  find_last_uses();
  find_tapped_outputs(network);
  cover(derived);
}

int Plan::slot_of(const std::string& value) {
  if (value.empty()) return -1;
  const auto [place, is_new] = slot_numbers_.emplace(value, static_cast<int>(slots.size()));
  if (is_new) slots.emplace_back();
  return place->second;
}

void Plan::load_parameters(const Network& network) {
  for (const Parameter& parameter : network.parameters()) {
    const at::Tensor& value = parameter.value;
    if (parameter.trainable) trainable.push_back(parameter.name);
    slots[static_cast<size_t>(slot_of(parameter.name))] =
        value.is_floating_point() ? value.to(device, dtype) : value.to(device);
  }
}

void Plan::add_steps(const Network& network, const Structure& derived) {
  for (size_t i = 0; i < network.nodes().size(); ++i) {
    Step step;
    step.node = network.nodes()[i];
    step.row = &operator_of(step.node);
    step.depends_on_input = derived.depends_on_input[i];
    step.is_embedding = is_embedding(network, derived, i);
    for (const std::string& value : step.node.inputs) step.inputs.push_back(slot_of(value));
    for (const std::string& value : step.node.outputs) step.outputs.push_back(slot_of(value));
    const Composite* composite = derived.composite_at(i);
    if (composite && composite->role == CompositeRole::nonlinearity)
      step.pre_activation = slot_of(composite->inputs[0]);
    steps.push_back(std::move(step));
  }
}

Ending Plan::ending_of(const Network& network, const Structure& derived, const TapPlacement& placement) {
  Ending ending;
  for (const std::string& value : output_values(network, placement.logits)) {
    ending.output_names.push_back(value);
    ending.output_slots.push_back(slot_of(value));
  }
  ending.taps = taps_of(network, derived, placement);
  ending.taps_of_step.resize(steps.size());
  ending.taps_of_input.resize(inputs.size());
  size_t tap = 0;
  for (size_t input = 0; input < inputs.size(); ++input) {
    if (at::isFloatingType(inputs[input].dtype)) ending.taps_of_input[input].push_back(tap++);
  }
  for (; tap < ending.taps.size(); ++tap) ending.taps_of_step[ending.taps[tap].node].push_back(tap);
  return ending;
}

// Of a recurrent node all steps, [steps, directions, batch, units], or where nobody reads these the last one,
// [directions, batch, units]; with layout 1 the batch is first in both.
void Plan::find_tapped_outputs(const Network& network) {
  std::set<std::string> read(network.outputs().begin(), network.outputs().end());
  for (const Node& node : network.nodes()) read.insert(node.inputs.begin(), node.inputs.end());
  for (Step& step : steps) {
    if (!is_recurrent(step.node)) continue;
    const std::vector<std::string>& values = step.node.outputs;
    const bool reads_all_steps = !values[0].empty() && read.contains(values[0]);
    step.tapped_output = reads_all_steps || values.size() < 2 ? 0 : 1;
    if (step.node.integer("layout", 0) == 0) step.batch_axis = step.tapped_output == 0 ? 2 : 1;
  }
}

void Plan::find_last_uses() {
  std::set<int> kept = {-1};
  for (const Ending* ending : {&outputs_, &logits_})
    kept.insert(ending->output_slots.begin(), ending->output_slots.end());
  for (const auto& [name, slot] : slot_numbers_) {
    if (slots[static_cast<size_t>(slot)].defined()) kept.insert(slot);  // parameters
  }
  std::vector<std::vector<int>> touched;
  for (const Step& step : steps) {
    touched.push_back(step.inputs);
    touched.back().push_back(step.pre_activation);
    touched.back().insert(touched.back().end(), step.outputs.begin(), step.outputs.end());
  }
  const std::vector<std::vector<int>> last = last_uses(touched, std::move(kept));
  for (size_t i = 0; i < steps.size(); ++i) steps[i].last_uses = last[i];
}

void Plan::cover(const Structure& derived) {
  coverage.nodes = static_cast<int64_t>(steps.size());
  for (size_t i = 0; i < steps.size(); ++i) {
    if (derived.depends_on_input[i] && !steps[i].row->differentiable) {
      coverage.skipped.push_back({steps[i].node.name, fmt::format("{} has no derivative", steps[i].node.op)});
    }
  }
  coverage.measured = coverage.nodes - static_cast<int64_t>(coverage.skipped.size());
}

std::shared_ptr<const Plan> plan_of(const Network& network, const RunOptions& options) {
  return std::make_shared<const Plan>(network, options);
}

}  // namespace shatterproof
