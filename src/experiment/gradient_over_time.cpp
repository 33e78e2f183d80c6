// SPDX-License-Identifier: Apache-2.0
#include "experiment/gradient_over_time.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include "experiment/state_gradients.h"
#include "shatterproof/core/line_fit.h"

namespace shatterproof {
namespace {

constexpr const char* kGradientOverTime = "gradient_over_time";
constexpr const char* kRateName = "gradient_over_time_rate";
constexpr const char* kGradientOverTimeFit = "gradient_over_time_fit";
constexpr const char* kLengthName = "gradient_over_time_length";
constexpr const char* kSpanName = "gradient_over_time_span";
constexpr const char* kOneStep = "one step: nothing is carried from another";
// Of the largest: what float32 carries is far from its least number there.
constexpr double kSmallest = 1e-30;

std::vector<Reading> undefined_path(const std::string& reason) {
  std::vector<Reading> readings = {undefined_reading(kGradientOverTime, ReadingType::curve, reason)};
  for (const char* name : {kRateName, kGradientOverTimeFit, kLengthName})
    readings.push_back(undefined_reading(name, ReadingType::scalar, reason));
  return readings;
}

// The first step back, interpolated in the logarithm, where the curve has fallen to 1/e of its largest.
Reading length_of(const std::vector<double>& curve) {
  const auto largest = std::max_element(curve.begin(), curve.end());
  const double bar = *largest / std::exp(1.0);
  const auto fallen = std::find_if(largest, curve.end(), [&](double value) { return value < bar; });
  if (fallen == curve.end()) {
    Reading length = scalar_reading(kLengthName, static_cast<double>(curve.size()) - 1);
    length.bound = ">";
    return length;
  }
  const auto k = static_cast<double>(fallen - curve.begin());
  if (*fallen == 0) return scalar_reading(kLengthName, k);
  const double before = *(fallen - 1);
  return scalar_reading(kLengthName, k - 1 + std::log(before / bar) / std::log(before / *fallen));
}

// Rate and R^2 of the curve's logarithm over the steps where it is not all but zero.
std::vector<Reading> fit_of(const std::vector<double>& curve) {
  const double least = kSmallest * *std::max_element(curve.begin(), curve.end());
  std::vector<double> steps, logarithms;
  for (size_t k = 0; k < curve.size(); ++k) {
    if (curve[k] <= least) continue;
    steps.push_back(static_cast<double>(k));
    logarithms.push_back(std::log(curve[k]));
  }
  if (steps.size() < 2) {
    return {scalar_reading(kRateName, 0),
            undefined_reading(kGradientOverTimeFit, ReadingType::scalar, "no gradient passes a step")};
  }
  const LineFit fit = line_fit(steps, logarithms);
  constexpr double kRounding = 1e-20;  // of logarithms, squared: what is below does not vary
  return {scalar_reading(kRateName, std::exp(fit.slope)),
          fit.y_squares <= kRounding
              ? undefined_reading(kGradientOverTimeFit, ReadingType::scalar, "the gradient does not vary")
              : scalar_reading(kGradientOverTimeFit, fit.explained)};
}

std::vector<Reading> readings_of(const StepSquares& path) {
  const double first = path.squares.numel() > 0 ? path.squares[0].item<double>() : 0;
  if (!path.squares.isfinite().all().item<bool>()) return undefined_path("gradient is not finite");
  if (first == 0) return undefined_path("gradient is zero at the last step");
  const at::Tensor sizes = (path.squares / first).sqrt();
  std::vector<double> curve(sizes.data_ptr<double>(), sizes.data_ptr<double>() + sizes.numel());
  std::vector<double> steps(curve.size());
  std::iota(steps.begin(), steps.end(), 0);
  std::vector<Reading> readings;
  if (curve.size() < 2) {
    readings = undefined_path(kOneStep);
  } else {
    readings = fit_of(curve);
    readings.push_back(length_of(curve));
    readings.insert(readings.begin(), Reading());
  }
  readings.front() = curve_reading(kGradientOverTime, "steps_back", std::move(steps), std::move(curve));
  return readings;
}

std::vector<Reading> gradient_over_time(const ExperimentRun& run) {
  const StateGradients found = state_gradients(run.source, run.batch, run.options);
  std::vector<Reading> readings;
  if (!found.obstacle.empty()) {
    readings = undefined_path(found.obstacle);
    readings.push_back(undefined_reading(kSpanName, ReadingType::scalar, found.obstacle));
    return readings;
  }
  for (const StepSquares& path : found.paths) {
    for (Reading& reading : readings_of(path)) {
      reading.tap = path.name;
      readings.push_back(std::move(reading));
    }
  }
  const bool is_finite = readings.front().undefined.find("not finite") == std::string::npos;
  readings.push_back(!is_finite ? undefined_reading(kSpanName, ReadingType::scalar, "gradient is not finite")
                     : found.span ? scalar_reading(kSpanName, static_cast<double>(*found.span))
                                  : undefined_reading(kSpanName, ReadingType::scalar,
                                                      "the outputs do not depend on the state at some step"));
  return readings;
}

}  // namespace

ExperimentRecord gradient_over_time_record() {
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  ExperimentRecord record;
  record.name = kGradientOverTime;
  record.symbol = "g(k)";
  record.sentence =
      "How much of the gradient of a recurrent layer's last state is left at each step before it.";
  record.formula =
      "g(k) = sqrt(mean_b ||d<v_b, s_T> / d e_(T-k)||^2 / mean_b ||d<v_b, s_T> / d e_T||^2), v_b ~ N(0, I)";
  record.reference =
      "Pascanu, Mikolov and Bengio 2013, On the difficulty of training recurrent neural networks";
  record.type = ReadingType::curve;
  record.least = 0;
  record.most = kInfinity;
  record.range_note = "1 at the last step; 1 throughout for an orthogonal linear recurrence";
  record.needs = Needs::runs;
  record.batch_norm = PreferredStatistics::attached;
  record.functional = PreferredFunctional::probe;
  // Probes go to the examples as they come.
  record.order_invariant = false;
  record.undefined_when =
      "a network without recurrent layers, sequences of different lengths, a gradient of zero at the last "
      "step, or a number that is not finite";
  record.prediction = "none here: its page gives the rates of random recurrences";
  record.over_seeds = SeedMean::geometric;
  record.companions = {
      {kRateName,
       "By what factor the gradient changes per step towards the past, by least squares in its logarithm.",
       ReadingType::scalar, 0, kInfinity, 0, SeedMean::geometric},
      {kGradientOverTimeFit, "R^2 of that fit: 1 when every step changes it by the same factor.",
       ReadingType::scalar, 0, 1, 0, SeedMean::arithmetic},
      {kLengthName, "After how many steps the gradient has fallen to 1/e of its largest.",
       ReadingType::scalar, 0, kInfinity, 0, SeedMean::geometric},
      {kSpanName, "The most steps from one to the next that the outputs read themselves.",
       ReadingType::scalar, 0, kInfinity, 0, SeedMean::arithmetic}};
  record.run = gradient_over_time;
  return record;
}

}  // namespace shatterproof
