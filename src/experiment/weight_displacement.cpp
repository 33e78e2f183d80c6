// SPDX-License-Identifier: Apache-2.0
#include "experiment/weight_displacement.h"

#include <ATen/ATen.h>
#include <fmt/format.h>

#include <cmath>
#include <limits>

#include "measure/layer_scales.h"
#include "shatterproof/network/layer.h"

namespace shatterproof {
namespace {

constexpr const char* kWeightDisplacement = "weight_displacement";

std::vector<Reading> no_weight_displacement(const std::string& reason) {
  return {undefined_reading(kWeightDisplacement, ReadingType::curve, reason)};
}

std::vector<Reading> displacement(const ExperimentRun& run) {
  const Network& network = run.network();
  const Structure derived = structure(network);
  Reading curve = curve_reading(kWeightDisplacement, "depth", {}, {});
  bool any = false;
  for (const Layer& layer : derived.layers) {
    const at::Tensor now = effective_weight(network, layer).to(at::kDouble);
    const at::Tensor before = effective_weight(*run.untrained, layer).to(at::kDouble);
    const double moved = (now - before).norm().item<double>(), began = before.norm().item<double>();
    if (!std::isfinite(moved) || !std::isfinite(began))
      return no_weight_displacement(fmt::format("not finite: a weight of layer '{}'", layer.name));
    const bool is_defined = began > 0 || moved == 0;
    any = any || is_defined;
    curve.x.push_back(derived.depth[layer.output]);
    curve.x_labels.push_back(layer.name);
    curve.values.push_back(moved == 0   ? 0
                           : is_defined ? moved / began
                                        : std::numeric_limits<double>::quiet_NaN());
  }
  if (derived.layers.empty()) return no_weight_displacement(kNoLayer);
  if (!any) return no_weight_displacement("all weights began at 0");
  return {std::move(curve)};
}

}  // namespace

ExperimentRecord weight_displacement_record() {
  ExperimentRecord record;
  record.name = kWeightDisplacement;
  record.symbol = "||W'||/||W_0||";
  record.sentence = "How far training has moved each layer's weights, relative to where they began.";
  record.formula = "||W - W_0||_F / ||W_0||_F, of each layer's weight";
  record.reference =
      "Philipp et al. 2018, Gradients explode - Deep Networks are shallow - ResNet explained, section 6";
  record.type = ReadingType::curve;
  record.least = 0;
  record.most = std::numeric_limits<double>::infinity();
  record.range_note = "0 where a layer did not move; sqrt 2 for weights as good as drawn anew";
  record.needs = Needs::untrained_weights;
  record.batch_norm = PreferredStatistics::attached;
  record.undefined_when = "no linear layer, weights that all began at 0, or a number that is not finite";
  record.prediction = "none: it depends on how the weights were trained";
  record.run = displacement;
  return record;
}

}  // namespace shatterproof
