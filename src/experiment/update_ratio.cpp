// SPDX-License-Identifier: Apache-2.0
#include "experiment/update_ratio.h"

#include <ATen/ATen.h>
#include <fmt/format.h>

#include <cmath>
#include <limits>

#include "experiment/loss_gradients.h"
#include "shatterproof/core/error.h"
#include "shatterproof/network/layer.h"

namespace shatterproof {
namespace {

constexpr const char* kUpdateRatio = "update_ratio";
constexpr const char* kSgdName = "update_ratio_sgd";
constexpr double kAdamRate = .001, kSgdRate = .1, kEpsilon = 1e-8;

struct Rates {
  double adam, sgd;
};

// A rate of 0 makes no step, of which there is nothing to say.
double positive(const Spec& spec, const char* key, double otherwise) {
  const double rate = spec.number(key, otherwise);
  if (rate <= 0) reject(kUpdateRatio, fmt::format("{} must be above 0", key), spec.word(key, ""));
  return rate;
}

Rates rates_of(const Spec& spec) {
  return {positive(spec, "rate", kAdamRate), positive(spec, "sgd_rate", kSgdRate)};
}

std::vector<Reading> no_update_ratio(const std::string& reason) {
  return {undefined_reading(kUpdateRatio, ReadingType::curve, reason),
          undefined_reading(kSgdName, ReadingType::curve, reason)};
}

std::vector<Reading> ratios(const ExperimentRun& run) {
  const Structure derived = structure(run.graph());
  if (derived.layers.empty()) return no_update_ratio("the network has no linear layer");
  LossGradients gradients(run);
  if (!gradients.obstacle().empty()) return no_update_ratio(gradients.obstacle());
  const Rates rates = rates_of(run.measurement.spec);
  const std::vector<at::Tensor> of = gradients.of_batch();
  Reading adam = curve_reading(kUpdateRatio, "depth", {}, {}), sgd = curve_reading(kSgdName, "depth", {}, {});
  for (const Layer& layer : derived.layers) {
    const int64_t place = gradients.place_of(layer.weight);
    if (place < 0) continue;
    const at::Tensor g = of[static_cast<size_t>(place)].to(at::kDouble);
    const at::Tensor weight = gradients.parameters()[static_cast<size_t>(place)].value.detach();
    const double size = weight.to(at::kDouble).norm().item<double>(), step = g.norm().item<double>();
    if (!std::isfinite(size) || !std::isfinite(step))
      return no_update_ratio("not finite: weight or gradient of layer '" + layer.name + "'");
    if (size == 0) continue;
    for (Reading* curve : {&adam, &sgd}) {
      curve->x.push_back(derived.depth[layer.output]);
      curve->x_labels.push_back(layer.name);
    }
    adam.values.push_back(rates.adam * (g / (g.abs() + kEpsilon)).norm().item<double>() / size);
    sgd.values.push_back(rates.sgd * step / size);
  }
  if (adam.values.empty()) return no_update_ratio("no layer trains whose weights are not zero");
  return {std::move(adam), std::move(sgd)};
}

}  // namespace

ExperimentRecord update_ratio_record() {
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  ExperimentRecord record;
  record.name = kUpdateRatio;
  record.symbol = "||dW||/||W||";
  record.sentence = "By what part of itself Adam's first step changes each layer's weight.";
  record.formula =
      "eta ||g / (|g| + 1e-8)||_F / ||W||_F, g the gradient of the mean loss; of SGD eta ||g||_F / ||W||_F";
  record.reference = "Kingma and Ba 2015, Adam: a method for stochastic optimization";
  record.type = ReadingType::curve;
  record.least = 0;
  record.most = kInfinity;
  record.range_note = "0 where no gradient arrives; about 1e-3 for layers that train at a usual pace";
  record.needs = Needs::runs;
  record.batch_norm = PreferredStatistics::attached;
  record.functional = PreferredFunctional::loss;
  record.undefined_when =
      "no linear layer that trains, several outputs, one number per example, or a number that is not finite";
  record.prediction = "none here: its page gives what Adam's first step makes of a weight's size";
  record.over_seeds = SeedMean::geometric;
  record.companions = {
      {kSgdName, "The same of a step of SGD.", ReadingType::curve, 0, kInfinity, 0, SeedMean::geometric}};
  record.options = {{"rate", "0.001", "Adam's learning rate, above 0"},
                    {"sgd_rate", "0.1", "that of SGD, above 0"}};
  record.run = ratios;
  record.check = [](const Spec& spec) { rates_of(spec); };
  return record;
}

}  // namespace shatterproof
