// SPDX-License-Identifier: Apache-2.0
// The Gaussian process that the gradient of a scalar input is, in the setting of a network.
#include <cmath>
#include <numbers>

#include "shatterproof/theory/arc_cosine.h"
#include "shatterproof/theory/gradient_kernel.h"
#include "shatterproof/theory/noise.h"
#include "theory/axes.h"
#include "theory/records.h"
#include "theory/scalar_inputs.h"

namespace shatterproof {
namespace {

constexpr int64_t kDraws = 4000;
constexpr uint64_t kSeed = 1;
constexpr int64_t kLags = 15;
constexpr const char* kInfiniteWidth = "infinite width";

bool is_shallow(const Setting& setting) {
  return setting.family == "shallow" && setting.norm == "none" && setting.activation == "relu" &&
         !setting.crelu && setting.bias_std > 0;
}

CovarianceMatrix covariance_of(const Setting& setting, const ScalarInputs& inputs) {
  if (is_shallow(setting)) return shallow_gradient_kernel(setting.bias_std, inputs.x);
  return gradient_kernel(rectifier_stack(setting), setting.bias_std, inputs.x);
}

Prediction autocorrelation(const Setting& setting) {
  const ScalarInputs inputs = scalar_inputs(setting);
  const int64_t lags = std::min<int64_t>(kLags, static_cast<int64_t>(inputs.x.size()) - 1);
  const MeanOverDraws drawn =
      mean_over_draws(covariance_of(setting, inputs), kDraws, kSeed,
                      [lags](std::span<const double> g) { return sample_autocorrelation(g, lags); });
  std::vector<double> axis;
  for (int64_t lag = 0; lag <= lags; ++lag) axis.push_back(static_cast<double>(lag));
  Prediction curve = curve_prediction("gradient_autocorrelation", "lag", std::move(axis), drawn.mean);
  curve.tap = "input";
  curve.standard_error = drawn.standard_error;
  curve.n = kDraws;
  return curve;
}

// R of one draw: mean over pairs of g g' over the mean of g^2.
double correlation_of(std::span<const double> g, const ScalarInputs& inputs) {
  double sum = 0, squares = 0, same = 0;
  for (size_t i = 0; i < g.size(); ++i) {
    sum += inputs.weights[i] * g[i];
    squares += inputs.weights[i] * g[i] * g[i];
    same += inputs.weights[i] * inputs.weights[i] * g[i] * g[i];
  }
  return (sum * sum - (inputs.distinct ? same : 0)) / inputs.pair_weight() / squares;
}

// R behind 0, 1, ... blocks, where gradients have many numbers: a mean over pairs.
std::vector<double> correlations_of_states(const Setting& setting, const ScalarInputs& inputs) {
  if (is_shallow(setting)) return {1, 1};
  const RectifierStack stack = rectifier_stack(setting);
  const double bias = setting.bias_std * setting.bias_std;
  std::vector<double> mean(stack.blocks.size() + 1);
  inputs.for_each_pair([&](double x, double other, double weight) {
    const PairMoments start = {x * x + bias, other * other + bias, x * other + bias};
    const PairPath path = follow_pair(stack, start);
    for (size_t l = 0; l < mean.size(); ++l) mean[l] += weight * path.correlation[l];
  });
  mean.back() = 1;  // what the readout sees, without the rounding of a sum of weights
  return mean;
}

std::vector<Prediction> kernel_correlations(const Setting& setting) {
  const ScalarInputs inputs = scalar_inputs(setting);
  const MeanOverDraws drawn = mean_over_draws(
      covariance_of(setting, inputs), kDraws, kSeed,
      [&](std::span<const double> g) { return std::vector<double>{correlation_of(g, inputs)}; });
  const std::vector<double> states = correlations_of_states(setting, inputs);
  std::vector<Prediction> predictions =
      correlations(setting, [&](const GradientTap& tap) { return states[static_cast<size_t>(tap.blocks)]; });
  for (Prediction& prediction : predictions) {
    prediction.standard_error.assign(prediction.values.size(), 0);
    prediction.n = kDraws;
    if (prediction.name != "gradient_correlation") continue;  // inside branches, without the input
    prediction.values.front() = drawn.mean[0];
    prediction.standard_error.front() = drawn.standard_error[0];
  }
  return predictions;
}

// f = w . rho(x - b): a unit is active at x when b < x, at both x and x' when b is below the smaller.
std::vector<Prediction> shallow_activity(const Setting& setting, std::string_view measurement) {
  const ScalarInputs inputs = scalar_inputs(setting);
  const CovarianceMatrix both = shallow_gradient_kernel(setting.bias_std, inputs.x);
  double mean = 0;
  const bool pairs = measurement == "coactivation";
  for (size_t i = 0; i < both.size; ++i) {
    for (size_t j = 0; j < both.size; ++j) {
      const double weight = pairs    ? inputs.weights[i] * inputs.weights[j] / inputs.pair_weight()
                            : i == j ? inputs.weights[i]
                                     : 0;
      if (!pairs || i != j || !inputs.distinct) mean += weight * both.values[i * both.size + j];
    }
  }
  Prediction prediction = along_rectifiers(measurement, {mean});
  prediction.assumes = kInfiniteWidth;
  return {prediction};
}

std::vector<Prediction> predict_gradient_kernel(const Setting& setting, std::string_view measurement) {
  const bool shallow = is_shallow(setting);
  const bool deep = is_rectifier_stack(setting) && setting.norm == "none" && setting.input == 1;
  if (!shallow && !deep) return {};
  if (measurement == "gradient_correlation") return kernel_correlations(setting);
  if (measurement == "gradient_autocorrelation") {
    return runs_on_grid(setting) ? std::vector<Prediction>{autocorrelation(setting)}
                                 : std::vector<Prediction>{};
  }
  return shallow ? shallow_activity(setting, measurement) : std::vector<Prediction>{};
}

}  // namespace

TheoryRecord gradient_kernel_theory() {
  TheoryRecord record;
  record.name = "gaussian_process";
  record.sentence =
      "The input gradient of a wide network on a scalar input, drawn as the Gaussian process it is.";
  record.formula =
      "E f'(x) f'(x') = d^2 K_L(x, x')/dx dx', K_0 = x x' + bias_std^2, the arc-cosine recursion; shallow: "
      "Phi(min(x, x')/bias_std)";
  record.reference = "after Cho and Saul 2009, Kernel Methods for Deep Learning";
  record.assumes =
      "infinite width; mean over 4000 draws of the process, read with the measurement's own estimator";
  record.settings =
      "feedforward, residual and highway networks of rectifiers without a norm, and shallow ones, on scalar "
      "inputs; gradient_autocorrelation on a grid";
  record.predicts = {"gradient_autocorrelation", "gradient_correlation", "coactivation",
                     "activation_fraction"};
  record.predict = predict_gradient_kernel;
  return record;
}

}  // namespace shatterproof
