// SPDX-License-Identifier: Apache-2.0
#include "experiment/effective_depth_bound.h"

#include <ATen/ATen.h>
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>

#include "experiment/counted_part.h"
#include "experiment/operator_norm.h"
#include "measure/layer_scales.h"
#include "shatterproof/network/layer.h"
#include "shatterproof/network/operator.h"
#include "shatterproof/run/execution.h"

namespace shatterproof {
namespace {

constexpr const char* kEffectiveDepthBound = "effective_depth_bound";
constexpr const char* kEffectiveDepthBoundParts = "effective_depth_bound_parts";

std::vector<Reading> no_effective_depth_bound(const std::string& reason) {
  return {undefined_reading(kEffectiveDepthBound, ReadingType::scalar, reason),
          undefined_reading(kEffectiveDepthBoundParts, ReadingType::curve, reason)};
}

// Sizes at every node: of what it makes, of the gradient there, and of what enters a layer.
class NodeScales : public Observer {
 public:
  NodeScales(const Network& network, const Structure& structure) {
    for (const Layer& layer : structure.layers)
      entrances_[layer.node] = network.nodes()[layer.node].inputs[0] == layer.effective_weight ? 1 : 0;
  }

  bool wants_forward(const Tap&) const override { return true; }
  bool wants_backward(const Tap&) const override { return true; }
  void observe(const ForwardTap& tap) override {
    scale_at(tap.tap).values.add(tap.output);
    if (tap.tap.kind == TapKind::input || tap.tap.kind == TapKind::output) return;
    const auto entrance = entrances_.find(tap.tap.node);
    if (entrance != entrances_.end()) entering_[tap.tap.node].add(tap.inputs[entrance->second]);
  }
  void observe(const BackwardTap& tap) override { scale_at(tap.tap).gradients.add(tap.gradient); }

  /// Numbers per example, times the examples, that the node makes, and their sum of squares.
  const SquareSum& made_by(size_t node) const { return nodes_.at(node).values; }
  bool has_node(size_t node) const { return nodes_.contains(node); }

  /// GSC of what the node makes, and of the input.
  Outcome coefficient(size_t node) const { return coefficient(nodes_.at(node)); }
  Outcome input_coefficient() const { return coefficient(input_); }
  /// ||a_l|| / ||f_l||.
  double gain_lost(const Layer& layer) const {
    return std::sqrt(entering_.at(layer.node).squares / nodes_.at(layer.output).values.squares);
  }
  bool has_layer(const Layer& layer) const {
    return nodes_.contains(layer.output) && entering_.contains(layer.node);
  }

 private:
  Outcome coefficient(const LayerScale& scale) const {
    if (output_.gradients.entries == 0) return {.undefined = kNoOutput};
    const double probes = output_.gradients.squares / static_cast<double>(output_.gradients.entries);
    return scale_coefficient(scale, probes, output_.values.squares);
  }
  LayerScale& scale_at(const Tap& tap) {
    if (tap.kind == TapKind::input) return input_;
    return tap.kind == TapKind::output ? output_ : nodes_[tap.node];
  }

  std::map<size_t, size_t> entrances_;  // of layers' nodes: which input is not the weight
  std::map<size_t, LayerScale> nodes_;
  std::map<size_t, SquareSum> entering_;
  LayerScale input_, output_;
};

// What changed parameters do to what a node makes, relative to its size: to a relative change that enters,
// and by themselves.
struct ParameterChange {
  size_t node = 0;
  double relative = 0, shift = 0;
};

// The changes of a network's layers and norms, in topological order.
class ParameterChanges {
 public:
  ParameterChanges(const Network& network, const Network& initial, const Structure& structure,
                   const NodeScales& scales, BatchStatistics statistics)
      : network_(network), initial_(initial), scales_(scales), statistics_(statistics) {
    for (const Layer& layer : structure.layers) add(layer);
    for (size_t i = 0; i < network.nodes().size() && reason.empty(); ++i) {
      if (operator_of(network.nodes()[i]).role == OperatorRole::normalization) add_norm(i);
    }
    std::stable_sort(changes.begin(), changes.end(),
                     [](const ParameterChange& a, const ParameterChange& b) { return a.node < b.node; });
  }

  std::vector<ParameterChange> changes;
  std::string reason;  // why there is no telling; empty where there is

 private:
  void add(const Layer& layer) {
    if (!reason.empty()) return;
    if (layer.kind == LayerKind::recurrent || !scales_.has_layer(layer)) {
      reason = fmt::format("recurrent layer '{}' is no linear map", layer.name);
      return;
    }
    const at::Tensor weight =
        effective_weight(network_, layer).to(at::kDouble) - effective_weight(initial_, layer).to(at::kDouble);
    if (!weight.isfinite().all().item<bool>()) reason = kNotFinite;
    if (!reason.empty()) return;
    ParameterChange change{layer.output};
    if (weight.count_nonzero().item<int64_t>() > 0) {
      change.relative = operator_norm(weight, layer, network_.nodes()[layer.node]) * scales_.gain_lost(layer);
    }
    change.shift = shift(layer.bias, layer.output);
    keep(change);
  }

  // y = gain x + shift, x of unit mean square.
  void add_norm(size_t node) {
    const std::vector<std::string>& inputs = network_.nodes()[node].inputs;
    if (!scales_.has_node(node)) return;
    ParameterChange change{node};
    const at::Tensor gain = inputs.size() > 1 ? moved(inputs[1]) : at::Tensor();
    if (gain.defined()) {
      if (statistics_ == BatchStatistics::stored)
        reason = "the gain of a norm with stored statistics has changed: nothing bounds what it multiplies";
      const SquareSum& made = scales_.made_by(node);
      change.relative =
          gain.abs().max().item<double>() * std::sqrt(static_cast<double>(made.entries) / made.squares);
    }
    if (inputs.size() > 2) change.shift = shift(inputs[2], node);
    keep(change);
  }

  // ||b' - b|| over all examples and positions, relative to what the node makes.
  double shift(const std::string& bias, size_t node) {
    const at::Tensor change = moved(bias);
    if (!change.defined()) return 0;
    const SquareSum& made = scales_.made_by(node);
    const double copies = static_cast<double>(made.entries) / static_cast<double>(change.numel());
    return std::sqrt(copies * change.square().sum().item<double>() / made.squares);
  }

  // How a parameter has changed; undefined where it has not, or is none.
  at::Tensor moved(const std::string& name) {
    const Parameter* now = network_.find_parameter(name);
    const Parameter* before = initial_.find_parameter(name);
    if (!now || !before || !now->value.is_floating_point()) return {};
    const at::Tensor change = now->value.to(at::kDouble) - before->value.to(at::kDouble);
    if (!change.isfinite().all().item<bool>()) reason = kNotFinite;
    return change.count_nonzero().item<int64_t>() > 0 ? change : at::Tensor();
  }

  void keep(const ParameterChange& change) {
    if (change.relative != 0 || change.shift != 0) changes.push_back(change);
  }

  const Network &network_, &initial_;
  const NodeScales& scales_;
  BatchStatistics statistics_;
};

// The sizes V_k on their way from the input to the output.
class SizesOfParts {
 public:
  SizesOfParts(const std::vector<ParameterChange>& changes, const Structure& structure,
               const NodeScales& scales)
      : changes_(changes), structure_(structure), scales_(scales) {}

  // From place to place; why not, when it cannot.
  std::string run(const std::vector<size_t>& places) {
    const Outcome input = scales_.input_coefficient();
    if (input.undefined) return input.undefined;
    double before = input.value;
    for (const size_t place : places) {
      const Outcome here = scales_.coefficient(place);
      if (here.undefined) return here.undefined;
      if (here.value == 0) return kZeroGradient;
      const double growth = before / here.value;
      while (next_ < changes_.size() && changes_[next_].node <= place) {
        const char* reason = pass(changes_[next_++], before);
        if (reason) return reason;
      }
      for (double& size : sizes_) size *= growth;
      before = here.value;
    }
    if (places.empty() || structure_.layers.back().output > places.back())
      return "a layer lies beside all that passes to the output";
    while (next_ < changes_.size()) {  // a norm at the very end
      if (const char* reason = pass(changes_[next_++], before)) return reason;
    }
    return "";
  }

  const std::vector<double>& sizes() const { return sizes_; }

 private:
  // V_k += p V_{k-1} GSC(node) / `before`, of the place behind which the change lies; V_1 likewise by the
  // shift.
  const char* pass(const ParameterChange& change, double before) {
    const Outcome own = scales_.coefficient(change.node);
    if (own.undefined) return own.undefined;
    const double reach = own.value / before;
    sizes_.push_back(0);
    for (size_t k = sizes_.size() - 1; k > 0; --k) sizes_[k] += change.relative * reach * sizes_[k - 1];
    sizes_[1] += change.shift * reach;
    if (sizes_.back() == 0) sizes_.pop_back();  // a shift raises no order
    return nullptr;
  }

  const std::vector<ParameterChange>& changes_;
  const Structure& structure_;
  const NodeScales& scales_;
  size_t next_ = 0;  // change
  std::vector<double> sizes_ = {1};
};

std::vector<Reading> bound(const ExperimentRun& run) {
  const double counted = counted_part(run.measurement.spec);
  const Network& network = run.network();
  const Structure derived = structure(network);
  if (derived.layers.empty()) return no_effective_depth_bound(kNoLayer);
  RunOptions options = run.options;
  options.every_node = true;
  Execution execution(network, options);
  NodeScales scales(network, derived);
  Observer* observer = &scales;
  execution.run(run.batch, {&observer, 1});
  std::vector<size_t> places;
  for (const Tap& tap : execution.taps()) {
    if (ends_layer(tap, {})) places.push_back(tap.node);
  }
  const ParameterChanges changed(network, *run.untrained, derived, scales, run.options.batch_norm);
  if (!changed.reason.empty()) return no_effective_depth_bound(changed.reason);
  SizesOfParts parts(changed.changes, derived, scales);
  const std::string reason = parts.run(places);
  if (!reason.empty()) return no_effective_depth_bound(reason);
  std::vector<double> orders;
  double deepest = 0;
  for (const double size : parts.sizes()) {
    orders.push_back(static_cast<double>(orders.size()));
    if (!std::isfinite(size)) return no_effective_depth_bound(kNotFinite);
    if (size >= counted) deepest = orders.back();
  }
  return {scalar_reading(kEffectiveDepthBound, deepest),
          curve_reading(kEffectiveDepthBoundParts, "order", std::move(orders), parts.sizes())};
}

}  // namespace

ExperimentRecord effective_depth_bound_record() {
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  ExperimentRecord record;
  record.name = kEffectiveDepthBound;
  record.symbol = "k at h";
  record.sentence =
      "An upper estimate of effective depth, by the sizes of parameters' changes and the growth of gradients "
      "alone.";
  record.formula =
      "largest k with V_k >= h; V_0 = 1; from each place x that all passes to the next, y: for every layer l "
      "between, "
      "V_k <- V_k + p_l V_{k-1} GSC(f_l) / GSC(x), p_l = ||W'_l||_op ||a_l|| / ||f_l||; then V <- V GSC(x) / "
      "GSC(y)";
  record.reference =
      "Philipp et al. 2018, Gradients explode - Deep Networks are shallow - ResNet explained, section 6";
  record.type = ReadingType::scalar;
  record.least = 0;
  record.most = kInfinity;
  record.range_note = "0 for an untrained network; at most the number of layers and changed norms";
  record.needs = Needs::untrained_weights;
  record.order_invariant = false;  // probes go to the examples as they come
  record.batch_norm = PreferredStatistics::attached;
  record.functional = PreferredFunctional::probe;
  record.undefined_when =
      "no linear layer, a recurrent layer that has changed, a gradient or an output of zero, or a number "
      "that is not finite";
  record.prediction = "none: it depends on how the weights were trained";
  record.companions = {{kEffectiveDepthBoundParts, "V_k against the order k.", ReadingType::curve, 0,
                        kInfinity, 0, SeedMean::arithmetic}};
  record.options = {counted_part_option()};
  record.check = [](const Spec& spec) { counted_part(spec); };
  record.run = bound;
  return record;
}

}  // namespace shatterproof
