// SPDX-License-Identifier: Apache-2.0
#include "diagnose/dead_layer.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <limits>

#include "diagnose/readings.h"

namespace shatterproof {
namespace {

std::vector<size_t> zeros(const Reading* curve) {
  std::vector<size_t> places;
  if (!curve) return places;
  for (size_t i = 0; i < curve->values.size(); ++i) {
    if (curve->values[i] == 0) places.push_back(i);
  }
  return places;
}

// Weights that are drawn anew are none of those the network came with.
void add_denormal_weights(const Examination& examination, Finding& finding,
                          std::vector<std::string>& symptoms) {
  if (examination.initial_weights || examination.denormal_weights.empty()) return;
  constexpr double kLeastNormal = std::numeric_limits<float>::min();
  std::vector<std::string> names;
  for (const DenormalWeight& weight : examination.denormal_weights) {
    names.push_back(weight.name);
    finding.evidence.push_back({.name = "largest weight",
                                .tap = weight.name,
                                .value = weight.largest,
                                .healthy = kLeastNormal,
                                .healthy_side = ">"});
  }
  symptoms.push_back(fmt::format("{} tensors of weights are denormal, all below {:.2g}: {}", names.size(),
                                 kLeastNormal, fmt::join(names, ", ")));
}

std::optional<Finding> judge(const Examination& examination, const Draw& draw, const Thresholds&) {
  const Reading* gradient = find_reading(draw, "gradient_mean_square", ReadingType::curve);
  const Reading* deviation = find_reading(draw, "preactivation_std", ReadingType::curve);
  const std::vector<size_t> no_gradient = zeros(gradient), constant = zeros(deviation);
  const bool denormal = !examination.initial_weights && !examination.denormal_weights.empty();
  if (no_gradient.empty() && constant.empty() && !denormal) return {};
  Finding finding;
  finding.severity = Severity::critical;
  std::vector<std::string> symptoms;
  const auto add = [&](const Reading& curve, const std::vector<size_t>& places, const char* symptom) {
    symptoms.push_back(fmt::format("{} at {}", symptom, some_of(curve.x_labels, places)));
    for (const size_t place : places) {
      Evidence evidence;
      evidence.name = curve.name;
      evidence.tap = place < curve.x_labels.size() ? curve.x_labels[place] : "";
      evidence.healthy = 0;
      evidence.healthy_side = ">";
      finding.evidence.push_back(std::move(evidence));
    }
  };
  if (!no_gradient.empty()) add(*gradient, no_gradient, "the gradient is exactly zero");
  if (!constant.empty())
    add(*deviation, constant, "what enters the nonlinearity is the same for every example");
  add_denormal_weights(examination, finding, symptoms);
  finding.headline = fmt::format("{}", fmt::join(symptoms, "; "));
  finding.why = "nothing in front of a dead layer can learn";
  finding.next =
      "look at the weights and biases of these layers: zero, or so negative that no rectifier opens";
  return finding;
}

std::string healthy(const Examination&, const Draw& draw, const Thresholds&) {
  return find_reading(draw, "gradient_mean_square", ReadingType::curve) ? "every layer gets a gradient" : "";
}

}  // namespace

RuleRecord dead_layer_rule() {
  return {"dead_layer",
          "a layer passes no gradient, its signal is constant, or its weights are denormal",
          true,
          true,
          {"gradient_variance", "preactivation_std"},
          judge,
          healthy};
}

}  // namespace shatterproof
