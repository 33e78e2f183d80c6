// SPDX-License-Identifier: Apache-2.0
// The arc-cosine recursion in the setting of a network.
#include "shatterproof/theory/arc_cosine.h"
#include "shatterproof/theory/correlation_length.h"
#include "theory/axes.h"
#include "theory/records.h"
#include "theory/scalar_inputs.h"

namespace shatterproof {
namespace {

std::vector<double> mean_coactivation(const Setting& setting) {
  const RectifierStack stack = rectifier_stack(setting);
  if (setting.input > 1) return follow_pair(stack, {1, 1, 0}).coactivation;
  const double bias = setting.bias_std * setting.bias_std;
  std::vector<double> mean(static_cast<size_t>(setting.depth));
  scalar_inputs(setting).for_each_pair([&](double x, double other, double weight) {
    const PairMoments start = {x * x + bias, other * other + bias, x * other + bias};
    const PairPath path = follow_pair(stack, start);
    for (size_t l = 0; l < mean.size(); ++l) mean[l] += weight * path.coactivation[l];
  });
  return mean;
}

std::vector<Prediction> lengths(const Setting& setting) {
  CorrelationProfile profile = correlation_profile(rectifier_stack(setting));
  Prediction length = scalar_prediction("correlation_length", profile.length);
  length.bound = profile.bound;
  return {length, curve_prediction("correlation_length_profile", "distance", std::move(profile.distance),
                                   std::move(profile.correlation))};
}

std::vector<Prediction> predict_arc_cosine(const Setting& setting, std::string_view measurement) {
  if (!is_rectifier_stack(setting) || !statistics_are_held(setting)) return {};
  const bool vectors = runs_on_vectors(setting), plain = setting.norm == "none";
  if (measurement == "correlation_length") return vectors ? lengths(setting) : std::vector<Prediction>{};
  if (!plain || (setting.input > 1 && !vectors)) return {};
  if (measurement == "coactivation") {
    Prediction prediction = along_rectifiers(measurement, mean_coactivation(setting));
    if (!vectors) prediction.assumes = "infinite width; mean over pairs of inputs";
    return {prediction};
  }
  if (!vectors) return {};
  const PairPath path = follow_pair(rectifier_stack(setting), {1, 1, 0});
  return correlations(
      setting, [&](const GradientTap& tap) { return path.correlation[static_cast<size_t>(tap.blocks)]; });
}

}  // namespace

TheoryRecord arc_cosine_theory() {
  TheoryRecord record;
  record.name = "arc_cosine";
  record.sentence = "The angle between two inputs, followed from layer to layer.";
  record.formula =
      "cos theta_{l+1} = (sin theta_l + (pi - theta_l) cos theta_l)/pi, R = prod_l (1 - theta_l/pi), "
      "coactivation (pi - theta_l)/(2 pi)";
  record.reference = "Cho and Saul 2009, Kernel Methods for Deep Learning";
  record.assumes = "infinite width; vector inputs of many numbers, orthogonal to each other";
  record.settings =
      "feedforward, residual and highway networks of rectifiers: gradient_correlation without a norm on "
      "Gaussian vector inputs, coactivation also on scalar ones, correlation_length also with batch "
      "statistics detached";
  record.predicts = {"gradient_correlation", "coactivation", "correlation_length"};
  record.predict = predict_arc_cosine;
  return record;
}

}  // namespace shatterproof
