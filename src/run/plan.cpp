// SPDX-License-Identifier: Apache-2.0
#include "run/plan.h"

#include <ATen/ATen.h>
#include <fmt/format.h>

#include <algorithm>
#include <set>

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

bool starts_at_token_ids(const Network& network, const Node& node) {
  if (node.op != "Gather" || node.inputs.size() < 2) return false;
  const Parameter* table = network.find_parameter(node.inputs[0]);
  return table && table->value.is_floating_point() && !network.find_parameter(node.inputs[1]);
}

}  // namespace

Execution::Plan::Plan(const Network& network, const RunOptions& run_options)
    : options(run_options), device(parse_device(run_options.device)), inputs(network.inputs()) {
  if (options.dtype != at::kFloat && options.dtype != at::kDouble) {
    reject("dtype", "must be float32 or float64", c10::toString(options.dtype));
  }
  const Structure derived = structure(network);
  load_parameters(network);
  for (const Input& input : inputs) input_slots.push_back(slot_of(input.name));
  add_steps(network, derived);
  find_outputs(network);
  find_last_uses();
  find_tapped_outputs(network);
  place_taps(network, derived);
  cover(network, derived);
  statistics.resize(steps.size());
}

int Execution::Plan::slot_of(const std::string& value) {
  if (value.empty()) return -1;
  const auto [place, is_new] = slot_numbers_.emplace(value, static_cast<int>(slots.size()));
  if (is_new) slots.emplace_back();
  return place->second;
}

void Execution::Plan::load_parameters(const Network& network) {
  for (const Parameter& parameter : network.parameters()) {
    const at::Tensor& value = parameter.value;
    if (parameter.trainable) trainable.push_back(parameter.name);
    slots[static_cast<size_t>(slot_of(parameter.name))] =
        value.is_floating_point() ? value.to(device, options.dtype) : value.to(device);
  }
}

void Execution::Plan::add_steps(const Network& network, const Structure& derived) {
  for (size_t i = 0; i < network.nodes().size(); ++i) {
    Step step;
    step.node = network.nodes()[i];
    step.row = &operator_of(step.node);
    step.depends_on_input = derived.depends_on_input[i];
    step.is_embedding = step.depends_on_input && starts_at_token_ids(network, step.node);
    for (const std::string& value : step.node.inputs) step.inputs.push_back(slot_of(value));
    for (const std::string& value : step.node.outputs) step.outputs.push_back(slot_of(value));
    const Composite* composite = derived.composite_at(i);
    if (composite && composite->role == CompositeRole::nonlinearity)
      step.pre_activation = slot_of(composite->inputs[0]);
    steps.push_back(std::move(step));
  }
}

// `logit`, `loss` and `probe` speak of what enters a final softmax.
void Execution::Plan::find_outputs(const Network& network) {
  const Functional::Kind kind = options.functional.kind;
  const bool wants_one_output = kind == Functional::Kind::logit || kind == Functional::Kind::loss;
  const bool wants_logits = wants_one_output || kind == Functional::Kind::probe;
  if (wants_one_output && network.outputs().size() != 1) {
    reject("functional " + options.functional.text(), "the network must have one output",
           std::to_string(network.outputs().size()));
  }
  for (std::string value : network.outputs()) {
    const int64_t from = network.producer(value);
    if (wants_logits && from >= 0) {
      const Node& last = network.nodes()[static_cast<size_t>(from)];
      if (last.op == "Softmax" || last.op == "LogSoftmax") value = last.inputs[0];
    }
    output_names.push_back(value);
    output_slots.push_back(slot_of(value));
  }
}

// Of a recurrent node all steps, [steps, directions, batch, units], or where nobody reads these the last one,
// [directions, batch, units]; with layout 1 the batch is first in both.
void Execution::Plan::find_tapped_outputs(const Network& network) {
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

void Execution::Plan::find_last_uses() {
  std::set<int> kept(output_slots.begin(), output_slots.end());
  for (const auto& [name, slot] : slot_numbers_) {
    if (slots[static_cast<size_t>(slot)].defined()) kept.insert(slot);  // parameters
  }
  for (auto step = steps.rbegin(); step != steps.rend(); ++step) {
    for (const std::vector<int>* values : {&step->inputs, &step->outputs}) {
      for (const int slot : *values) {
        if (slot >= 0 && kept.insert(slot).second) step->last_uses.push_back(slot);
      }
    }
    const int entered = step->pre_activation;
    if (entered >= 0 && kept.insert(entered).second) step->last_uses.push_back(entered);
  }
}

void Execution::Plan::place_layer_taps(const Structure& derived, std::vector<Tap>& placed) const {
  std::vector<bool> is_mirror(steps.size()), is_state(steps.size()), has_channels(steps.size());
  std::vector<int64_t> concatenation_of(steps.size(), -1);
  for (const MirroredRectifier& rectifier : derived.mirrored_rectifiers) {
    is_mirror[rectifier.negative] = true;
    concatenation_of[rectifier.positive] = static_cast<int64_t>(rectifier.concatenation);
  }
  std::set<std::optional<size_t>> origins;  // of skips
  for (const ResidualSum& sum : derived.residual_sums) origins.insert(sum.origin);
  for (const Layer& layer : derived.layers) {
    if (layer.kind == LayerKind::convolution) {
      has_channels[layer.output] = true;
      if (layer.nonlinearity) has_channels[*layer.nonlinearity] = true;
      if (layer.residual_sum) has_channels[derived.residual_sums[*layer.residual_sum].node] = true;
    }
    if (layer.residual_sum) {
      is_state[derived.residual_sums[*layer.residual_sum].node] = true;
    } else if (origins.contains(layer.output) ||
               (derived.nonlinearities.empty() && &layer != &derived.layers.back())) {
      is_state[layer.output] = true;
    } else if (layer.nonlinearity) {
      const int64_t joined = concatenation_of[*layer.nonlinearity];
      is_state[joined >= 0 ? static_cast<size_t>(joined) : *layer.nonlinearity] = true;
    }
  }
  const auto place = [&](size_t node, TapKind kind) -> Tap& {
    Tap tap;
    tap.kind = kind;
    tap.node = node;
    tap.layer_state = is_state[node];
    tap.channels = has_channels[node];
    placed.push_back(std::move(tap));
    return placed.back();
  };
  for (const Layer& layer : derived.layers) {
    if (layer.kind != LayerKind::recurrent) {
      place(layer.output, TapKind::pre_activation);
    } else if (placed.empty() || placed.back().node != layer.node) {
      // Two layers, of one node; what it gives out has passed the nonlinearities within.
      place(layer.node, TapKind::other).layer_state = true;
    }
  }
  for (const size_t node : derived.nonlinearities) {
    const Composite* composite = derived.composite_at(node);
    if (composite && composite->role == CompositeRole::gate) continue;  // of several pre-activations
    place(node, TapKind::activation).negated_half = is_mirror[node];
    if (concatenation_of[node] < 0) continue;
    const auto joined = static_cast<size_t>(concatenation_of[node]);
    has_channels[joined] = has_channels[node];
    place(joined, TapKind::concatenation);
  }
  for (const ResidualSum& sum : derived.residual_sums) {
    Tap& tap = place(sum.node, TapKind::residual_sum);
    tap.skip = sum.skip;
    tap.branch = sum.branch;
  }
}

// Per node: whether it lies on a way from the origin of a skip to the sum in which it ends.
std::vector<bool> Execution::Plan::bypassed_nodes(const Network& network, const Structure& derived) const {
  std::vector<bool> beside(steps.size());
  for (const ResidualSum& sum : derived.residual_sums) {
    std::set<size_t> front = {sum.node};
    while (!front.empty()) {
      const size_t node = *front.rbegin();
      front.erase(node);
      if (node != sum.node) beside[node] = true;
      for (const std::string& value : network.nodes()[node].inputs) {
        const int64_t from = network.producer(value);
        if (from < 0 || (sum.origin && static_cast<size_t>(from) <= *sum.origin)) continue;
        if (derived.depends_on_input[static_cast<size_t>(from)]) front.insert(static_cast<size_t>(from));
      }
    }
  }
  return beside;
}

void Execution::Plan::place_taps(const Network& network, const Structure& derived) {
  std::vector<Tap> placed;
  place_layer_taps(derived, placed);
  std::vector<bool> has_tap(steps.size());
  for (const Tap& tap : placed) has_tap[tap.node] = true;
  for (const std::string& name : output_names) {
    const int64_t from = network.producer(name);
    if (from < 0) continue;
    Tap tap;
    tap.kind = TapKind::output;
    tap.node = static_cast<size_t>(from);
    has_tap[tap.node] = true;
    placed.push_back(std::move(tap));
  }
  for (size_t i = 0; i < steps.size(); ++i) {
    if (!steps[i].is_embedding && (has_tap[i] || !options.every_node || !steps[i].depends_on_input)) continue;
    Tap tap;
    tap.kind = steps[i].is_embedding ? TapKind::input : TapKind::other;
    tap.node = i;
    placed.push_back(std::move(tap));
  }
  std::stable_sort(placed.begin(), placed.end(), [](const Tap& a, const Tap& b) { return a.node < b.node; });

  input_taps.resize(inputs.size());
  for (size_t i = 0; i < inputs.size(); ++i) {
    if (!at::isFloatingType(inputs[i].dtype)) continue;
    Tap tap;
    tap.name = inputs[i].name;
    tap.kind = TapKind::input;
    input_taps[i].push_back(taps.size());
    taps.push_back(std::move(tap));
  }
  const std::vector<bool> bypassed = bypassed_nodes(network, derived);
  int layer = 0;
  auto next_layer = derived.layers.begin();
  for (Tap& tap : placed) {
    while (next_layer != derived.layers.end() && next_layer->node <= tap.node) ++next_layer, ++layer;
    const Node& node = network.nodes()[tap.node];
    tap.name = node.name.empty() ? node.outputs[0] : node.name;
    tap.op = operator_at(network, derived, tap.node);
    tap.depth = derived.depth[tap.node];
    tap.layer = layer;
    tap.bypassed = bypassed[tap.node];
    steps[tap.node].taps.push_back(taps.size());
    taps.push_back(std::move(tap));
  }
  for (size_t i = 0; i < taps.size(); ++i) taps[i].order = i;
}

void Execution::Plan::cover(const Network& network, const Structure& derived) {
  coverage.nodes = static_cast<int64_t>(network.nodes().size());
  for (size_t i = 0; i < steps.size(); ++i) {
    if (derived.depends_on_input[i] && !steps[i].row->differentiable) {
      coverage.skipped.push_back({steps[i].node.name, fmt::format("{} has no derivative", steps[i].node.op)});
    }
  }
  coverage.measured = coverage.nodes - static_cast<int64_t>(coverage.skipped.size());
}

}  // namespace shatterproof
