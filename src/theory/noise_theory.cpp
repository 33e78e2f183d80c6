// SPDX-License-Identifier: Apache-2.0
// Gradients that are noise: what shattered ones tend to, and what those of one layer are.
#include <algorithm>
#include <string>

#include "shatterproof/core/error.h"
#include "shatterproof/theory/noise.h"
#include "theory/axes.h"
#include "theory/records.h"

namespace shatterproof {
namespace {

constexpr int64_t kLags = 15;
constexpr int64_t kBrownRuns = 20'000;
constexpr int64_t kMostBrownPoints = 16'384;
constexpr int64_t kMatrixDraws = 20;

Prediction autocorrelation(const Setting& setting, bool is_white) {
  if (!is_white && setting.examples > kMostBrownPoints) {
    reject("predict", "brown noise is simulated on at most " + std::to_string(kMostBrownPoints) + " points",
           std::to_string(setting.examples));
  }
  MeanOverDraws brown;
  if (!is_white) brown = brown_noise_autocorrelation(setting.examples, kLags, kBrownRuns);
  std::vector<double> values =
      is_white ? white_noise_autocorrelation(setting.examples, kLags) : std::move(brown.mean);
  std::vector<double> lags;
  for (size_t lag = 0; lag < values.size(); ++lag) lags.push_back(static_cast<double>(lag));
  Prediction curve = curve_prediction("gradient_autocorrelation", "lag", std::move(lags), std::move(values));
  curve.tap = "input";
  curve.standard_error = std::move(brown.standard_error);
  curve.n = is_white ? 1 : kBrownRuns;
  return curve;
}

Prediction effective_rank(const Setting& setting) {
  constexpr double kAffordable = 5e7;  // multiplications per matrix
  const auto examples = static_cast<double>(setting.examples), units = static_cast<double>(setting.input);
  const bool large = examples * units * std::min(examples, units) > kAffordable;
  if (large) {
    Prediction limit =
        scalar_at_input("effective_rank", gaussian_effective_rank(setting.examples, setting.input));
    limit.assumes = "white gradients; the limit of large sizes";
    return limit;
  }
  const MeanOverDraws drawn = simulated_effective_rank(setting.examples, setting.input, kMatrixDraws);
  Prediction rank = scalar_at_input("effective_rank", drawn.mean[0]);
  rank.standard_error = drawn.standard_error;
  rank.n = kMatrixDraws;
  return rank;
}

std::vector<Prediction> predict_noise(const Setting& setting, std::string_view measurement) {
  const bool is_white = setting.family == "white_noise";
  if (!is_white && setting.family != "brown_noise") return {};
  const bool on_series = runs_on_grid(setting) && (is_white || setting.input == 1);
  if (measurement == "gradient_autocorrelation") {
    return on_series ? std::vector<Prediction>{autocorrelation(setting, is_white)}
                     : std::vector<Prediction>{};
  }
  if (measurement == "spectral_slope") {
    if (!on_series || (!is_white && setting.examples != kBrownNoisePoints)) return {};
    return {scalar_at_input(measurement, is_white ? kWhiteNoiseSlope : kBrownNoiseSlope)};
  }
  if (!is_white) return {};
  if (measurement == "effective_rank") return {effective_rank(setting)};
  if (measurement == "gradient_signal_to_noise") {
    if (setting.examples < 4) return {};
    return {scalar_at_input(measurement, signal_to_noise_floor(setting.examples))};
  }
  const bool is_rank = measurement == "relative_effective_rank";
  if (is_rank && (setting.examples < 3 || setting.input < 2)) return {};
  return {scalar_at_input(measurement, is_rank ? 1 : 0)};
}

}  // namespace

TheoryRecord noise_theory() {
  TheoryRecord record;
  record.name = "noise";
  record.sentence =
      "What white noise reads, to which shattered gradients tend, and brown noise, a random walk.";
  record.formula =
      "white: autocorrelation -(1 - k/M)/(M - 1), R = 0, effective rank B D/(sqrt B + sqrt D)^2, "
      "signal to noise sqrt(1/(B - 3)), slope 0; brown: simulated, slope -1.966";
  record.reference = "Balduzzi et al. 2017, The Shattered Gradients Problem, figures 1 and 2";
  record.assumes =
      "gradients that are Gaussian noise, independent (white) or summed along the inputs (brown)";
  record.settings =
      "white_noise:input=D and brown_noise; gradient_autocorrelation and spectral_slope on a grid, the "
      "others of white noise";
  record.predicts = {"gradient_autocorrelation", "spectral_slope",          "gradient_correlation",
                     "effective_rank",           "relative_effective_rank", "gradient_signal_to_noise"};
  record.predict = predict_noise;
  return record;
}

}  // namespace shatterproof
