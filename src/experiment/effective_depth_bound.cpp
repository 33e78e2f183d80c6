// SPDX-License-Identifier: Apache-2.0
#include "experiment/effective_depth_bound.h"

#include <ATen/ATen.h>
#include <fmt/format.h>

#include <cmath>
#include <limits>
#include <map>

#include "experiment/counted_part.h"
#include "experiment/operator_norm.h"
#include "measure/layer_scales.h"
#include "shatterproof/network/layer.h"
#include "shatterproof/run/execution.h"

namespace shatterproof {
namespace {

constexpr const char* kName = "effective_depth_bound";
constexpr const char* kPartsName = "effective_depth_bound_parts";

std::vector<Reading> undefined(const std::string& reason) {
  return {undefined_reading(kName, ReadingType::scalar, reason),
          undefined_reading(kPartsName, ReadingType::curve, reason)};
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

// The sizes V_k on their way from the input to the output.
class SizesOfParts {
 public:
  SizesOfParts(const Network& network, const Network& initial, const Structure& structure,
               const NodeScales& scales)
      : network_(network), initial_(initial), structure_(structure), scales_(scales) {}

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
      while (next_ < structure_.layers.size() && structure_.layers[next_].output <= place) {
        const std::string reason = pass(structure_.layers[next_++], here.value * growth);
        if (!reason.empty()) return reason;
      }
      for (double& size : sizes_) size *= growth;
      before = here.value;
    }
    return next_ < structure_.layers.size() ? "a layer lies beside all that passes to the output" : "";
  }

  const std::vector<double>& sizes() const { return sizes_; }

 private:
  // V_k += p_l GSC(l) / `before` V_{k-1}: one layer, before what precedes the next place has grown.
  std::string pass(const Layer& layer, double before) {
    if (layer.kind == LayerKind::recurrent || !scales_.has_layer(layer))
      return fmt::format("recurrent layer '{}' is no linear map", layer.name);
    const at::Tensor change =
        effective_weight(network_, layer).to(at::kDouble) - effective_weight(initial_, layer).to(at::kDouble);
    if (!change.isfinite().all().item<bool>()) return kNotFinite;
    if (change.count_nonzero().item<int64_t>() == 0) return "";
    const Outcome own = scales_.coefficient(layer.output);
    if (own.undefined) return own.undefined;
    const double relative =
        operator_norm(change, layer, network_.nodes()[layer.node]) * scales_.gain_lost(layer);
    sizes_.push_back(0);
    for (size_t k = sizes_.size() - 1; k > 0; --k) sizes_[k] += relative * own.value / before * sizes_[k - 1];
    return "";
  }

  const Network &network_, &initial_;
  const Structure& structure_;
  const NodeScales& scales_;
  size_t next_ = 0;  // layer
  std::vector<double> sizes_ = {1};
};

std::vector<Reading> bound(const ExperimentRun& run) {
  const double counted = counted_part(run.measurement.spec);
  const Network& network = run.network();
  const Structure derived = structure(network);
  if (derived.layers.empty()) return undefined(kNoLayer);
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
  SizesOfParts parts(network, *run.untrained, derived, scales);
  const std::string reason = parts.run(places);
  if (!reason.empty()) return undefined(reason);
  std::vector<double> orders;
  double deepest = 0;
  for (const double size : parts.sizes()) {
    orders.push_back(static_cast<double>(orders.size()));
    if (!std::isfinite(size)) return undefined(kNotFinite);
    if (size >= counted) deepest = orders.back();
  }
  return {scalar_reading(kName, deepest),
          curve_reading(kPartsName, "order", std::move(orders), parts.sizes())};
}

}  // namespace

ExperimentRecord effective_depth_bound_record() {
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  ExperimentRecord record;
  record.name = kName;
  record.symbol = "k at h";
  record.sentence =
      "What effective depth can be at most, by the sizes of weights' changes and the growth of gradients "
      "alone.";
  record.formula =
      "largest k with V_k >= h; V_0 = 1, V_k <- G_l V_k + p_l V_{k-1}, p_l = ||W'_l||_op ||a_l|| / ||f_l||, "
      "G_l = GSC(input of l) / GSC(f_l)";
  record.reference =
      "Philipp et al. 2018, Gradients explode - Deep Networks are shallow - ResNet explained, section 6";
  record.type = ReadingType::scalar;
  record.least = 0;
  record.most = kInfinity;
  record.range_note = "0 for an untrained network; at most the number of layers";
  record.needs = Needs::untrained_weights;
  record.order_invariant = false;  // probes go to the examples as they come
  record.batch_norm = PreferredStatistics::attached;
  record.functional = PreferredFunctional::probe;
  record.undefined_when =
      "no linear layer, a recurrent layer that has changed, a gradient or an output of zero, or a number "
      "that is not finite";
  record.prediction = "none: it depends on how the weights were trained";
  record.companions = {
      {kPartsName, "V_k against the order k.", ReadingType::curve, 0, kInfinity, 0, SeedMean::arithmetic}};
  record.options = {counted_part_option()};
  record.check = [](const Spec& spec) { counted_part(spec); };
  record.run = bound;
  return record;
}

}  // namespace shatterproof
