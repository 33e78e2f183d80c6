// SPDX-License-Identifier: Apache-2.0
// The simulated gates in the setting of a network.
#include "shatterproof/theory/independent_gates.h"
#include "theory/axes.h"
#include "theory/records.h"

namespace shatterproof {
namespace {

std::vector<Prediction> predict_gates(const Setting& setting, std::string_view measurement) {
  if (!is_rectifier_stack(setting) || !runs_on_vectors(setting) || !statistics_are_held(setting)) return {};
  const GatesOptions options;
  const std::vector<SimulatedMoments> moments = simulate_gates(rectifier_stack(setting), options);
  const auto at = [&](const GradientTap& tap) { return moments[static_cast<size_t>(tap.blocks)]; };
  const bool of_variance = measurement == "gradient_variance";
  const auto value = [&](const GradientTap& tap) {
    return of_variance ? tap.gain * at(tap).variance : at(tap).correlation;
  };
  const auto error = [&](const GradientTap& tap) {
    return of_variance ? tap.gain * at(tap).variance_error : at(tap).correlation_error;
  };
  std::vector<Prediction> predictions =
      of_variance ? along_gradients(measurement, setting, value) : correlations(setting, value);
  const std::vector<Prediction> errors = along_gradients(measurement, setting, error);
  for (Prediction& prediction : predictions) {
    const bool in_branches = prediction.name == errors.back().name;
    prediction.standard_error = (in_branches ? errors.back() : errors.front()).values;
    prediction.standard_error.resize(prediction.values.size());
    prediction.n = options.networks;
  }
  return predictions;
}

}  // namespace

TheoryRecord independent_gates_theory() {
  TheoryRecord record;
  record.name = "independent_gates";
  record.sentence =
      "The theorems' own world, simulated: gates are coins, a quarter of the units active on both.";
  record.formula =
      "g <- skip g + branch/sqrt V D W^T g, D coins, W ~ N(0, 2/N); C = E||g||^2, R = E<g, g'>/C";
  record.reference = "Balduzzi et al. 2017, The Shattered Gradients Problem, section 3";
  record.assumes = "200 units, 2000 networks, gates independent of weights and of each other";
  record.settings =
      "feedforward, residual and highway networks of rectifiers on Gaussian vector inputs, batch statistics "
      "detached";
  record.predicts = {"gradient_correlation", "gradient_variance"};
  record.on_request = true;
  record.predict = predict_gates;
  return record;
}

}  // namespace shatterproof
