// SPDX-License-Identifier: Apache-2.0
// The theorems of [SG] as printed, in the setting of a network.
#include <cmath>

#include "shatterproof/theory/highway.h"
#include "shatterproof/theory/residual.h"
#include "theory/axes.h"
#include "theory/records.h"

namespace shatterproof {
namespace {

// Blocks between a place and the output.
int behind(const Setting& setting, const GradientTap& tap) {
  return static_cast<int>(setting.depth / setting.layers_per_block - tap.blocks);
}

double correlation(const Setting& setting, int depth) {
  if (setting.family == "feedforward") return feedforward_gradient_correlation(depth);
  if (setting.family == "highway") return highway_gradient_correlation(depth, setting.gamma1, setting.gamma2);
  return residual_plain_correlation(depth, setting.beta);
}

double variance(const Setting& setting, int depth) {
  return setting.family == "residual" ? residual_plain_variance(depth, setting.alpha, setting.beta) : 1;
}

bool is_normalized_residual(const Setting& setting) {
  return setting.norm == "batch" && setting.family == "residual";
}

std::vector<Prediction> gradient_correlations(const Setting& setting) {
  if (!runs_on_vectors(setting) || !statistics_are_held(setting) || setting.layers_per_block != 1) return {};
  const bool divides = setting.norm == "batch" && setting.family != "feedforward";
  if (!divides) {
    return correlations(setting,
                        [&](const GradientTap& tap) { return correlation(setting, behind(setting, tap)); });
  }
  const double spread = setting.beta * setting.beta * static_cast<double>(setting.depth);
  if (!is_normalized_residual(setting) || setting.alpha != 1 || spread < kAsymptotic) return {};
  Prediction asymptote = scalar_at_input(
      "gradient_correlation", residual_asymptotic_correlation(static_cast<int>(setting.depth), setting.beta));
  asymptote.assumes = "typical pair of inputs, many blocks: beta^2 L >> 1";
  return {asymptote};
}

std::vector<Prediction> gradient_variances(const Setting& setting) {
  const bool typical = runs_on_vectors(setting) && statistics_are_held(setting);
  if (setting.norm == "batch" || (setting.norm != "none" && !typical)) return {};
  return along_gradients("gradient_variance", setting, [&](const GradientTap& tap) {
    return tap.gain * variance(setting, behind(setting, tap));
  });
}

std::vector<Prediction> predict_closed_form(const Setting& setting, std::string_view measurement) {
  if (!is_rectifier_stack(setting)) return {};
  if (measurement == "gradient_correlation") return gradient_correlations(setting);
  if (measurement == "gradient_variance") return gradient_variances(setting);
  const auto layers = static_cast<size_t>(setting.depth);
  const bool any_inputs = setting.norm == "none" && measurement == "activation_fraction";
  if (!any_inputs && !runs_on_vectors(setting)) return {};
  const double part = measurement == "activation_fraction" ? 0.5 : 0.25;
  return {along_rectifiers(measurement, std::vector<double>(layers, part))};
}

}  // namespace

TheoryRecord closed_form_theory() {
  TheoryRecord record;
  record.name = "closed_form";
  record.sentence = "The theorems of the shattered-gradients paper, as they are printed.";
  record.formula =
      "feedforward R = 2^-L, C = 1; residual R = ((1 + beta^2/2)/(1 + beta^2))^L, C = (alpha^2 (1 + "
      "beta^2))^L; residual with batch norm R ~ 1/(beta sqrt L); highway R = (gamma1^2 + gamma2^2/2)^L, C = "
      "1";
  record.reference = "Balduzzi et al. 2017, The Shattered Gradients Problem, theorems 1 to 3 and corollary 1";
  record.assumes =
      "typical pair of inputs: half of the units of every layer active for each, a quarter for both";
  record.settings =
      "feedforward, residual and highway networks of rectifiers on Gaussian vector inputs, batch statistics "
      "detached";
  record.predicts = {"gradient_correlation", "gradient_variance", "activation_fraction", "coactivation"};
  record.predict = predict_closed_form;
  return record;
}

}  // namespace shatterproof
