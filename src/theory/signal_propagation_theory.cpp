// SPDX-License-Identifier: Apache-2.0
// How far signals and gradients reach, in the setting of a network.
#include "shatterproof/theory/signal_propagation.h"

#include <cmath>

#include "shatterproof/core/spec.h"
#include "theory/axes.h"
#include "theory/records.h"

namespace shatterproof {
namespace {

// Variance of one weight times its fan-in, where the scheme is one of independent numbers; 0: it is not.
double weight_variance(const Setting& setting, int64_t fan_in) {
  const Spec scheme = Spec::parse(setting.initializer);
  const double gain =
      scheme.name() == "gaussian" ? scheme.not_negative("std", 1) : scheme.not_negative("gain", 1);
  if (scheme.name() == "he") return 2 * gain * gain;
  if (scheme.name() == "lecun") return gain * gain;
  if (scheme.name() == "gaussian") return gain * gain * static_cast<double>(fan_in);
  return 0;
}

bool is_covered(const Setting& setting) {
  return setting.family == "feedforward" && setting.norm == "none" && setting.count == "rectifier" &&
         !setting.crelu && runs_on_vectors(setting) && weight_variance(setting, setting.width) > 0;
}

SignalStack stack_of(const Setting& setting) {
  const double bias = setting.hidden_bias_std * setting.hidden_bias_std;
  return {{weight_variance(setting, setting.input), bias},
          {weight_variance(setting, setting.width), bias},
          setting.depth};
}

// Of each layer over the examples: what is not common to all of them.
Prediction preactivation_std(const std::vector<double>& distances) {
  std::vector<double> values;
  for (const double distance : distances) values.push_back(std::sqrt(std::max(0.0, distance)));
  return along_rectifiers("preactivation_std", std::move(values));
}

// From the input to the last layer, which is 1; a layer of another width shares the gradient otherwise.
Prediction gradient_variance(const Setting& setting, const std::vector<SignalLayer>& layers) {
  std::vector<double> depth, values(layers.size() + 1, 1);
  for (size_t l = 0; l < values.size(); ++l) depth.push_back(static_cast<double>(l));
  for (size_t l = layers.size(); l-- > 0;) values[l] = values[l + 1] * layers[l].chi;
  values[0] *= static_cast<double>(setting.width) / static_cast<double>(setting.input);
  return curve_prediction("gradient_variance", "depth", std::move(depth), std::move(values));
}

std::vector<Prediction> predict_signal_propagation(const Setting& setting, std::string_view measurement) {
  if (!is_covered(setting)) return {};
  const bool is_gradient = measurement == "gradient_variance";
  if (is_gradient && is_rectifier_stack(setting)) return {};  // others say more of these
  const Nonlinearity phi = nonlinearity_of(setting.activation, setting.slope);
  const SignalStack stack = stack_of(setting);
  const std::vector<SignalLayer> layers = follow_signal(phi, stack);
  if (is_gradient) return {gradient_variance(setting, layers)};
  return {preactivation_std(follow_distance(phi, stack, layers))};
}

}  // namespace

TheoryRecord signal_propagation_theory() {
  TheoryRecord record;
  record.name = "signal_propagation";
  record.sentence = "How far into a network inputs stay apart, and gradients alive: the edge of chaos.";
  record.formula =
      "q' = sigma_w^2 E phi^2 + sigma_b^2, c' = (sigma_w^2 E phi phi' + sigma_b^2)/q'; s_l = sqrt(q_l (1 - "
      "c_l)), "
      "C(l) = prod_{k > l} sigma_w^2 E phi'(sqrt(q_k) z)^2, sigma_w^2 per fan_in";
  record.reference = "Poole et al. 2016; Schoenholz et al. 2017";
  record.assumes = "infinite width, independent Gaussian inputs of unit variance, many examples";
  record.settings =
      "feedforward networks without a norm on Gaussian vector inputs, depth counting nonlinearities, weights "
      "he, "
      "lecun or gaussian with any gain, hidden biases; gradient_variance where no theory of rectifiers has "
      "it";
  record.predicts = {"preactivation_std", "gradient_variance"};
  record.predict = predict_signal_propagation;
  return record;
}

}  // namespace shatterproof
