// SPDX-License-Identifier: Apache-2.0
#include "experiment/correlation_length.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "experiment/jacobian.h"

namespace shatterproof {
namespace {

constexpr const char* kName = "correlation_length";
constexpr const char* kProfileName = "correlation_length_profile";
constexpr int kSmallestExponent = -8;
constexpr double kForgotten = 0.5;

std::vector<Reading> undefined(const char* reason) {
  return {undefined_reading(kName, ReadingType::scalar, reason),
          undefined_reading(kProfileName, ReadingType::curve, reason)};
}

// x + d (x' - x) for every input, x' being x rolled along the batch.
Batch displaced(const Batch& batch, double d, int64_t away, at::ScalarType dtype) {
  Batch moved = batch;
  for (at::Tensor& input : moved.inputs) {
    const at::Tensor x = input.to(dtype);
    input = x + (x.roll(-away, 0) - x) * d;
  }
  return moved;
}

// sum_i <a_i, b_i>, row by row: both together in double would be twice the batch again.
double inner_product(const at::Tensor& a, const at::Tensor& b) {
  double sum = 0;
  for (int64_t i = 0; i < a.size(0); ++i)
    sum += a[i].to(at::kDouble).dot(b[i].to(at::kDouble)).item<double>();
  return sum;
}

Reading length_of(const Reading& profile) {
  const std::vector<double>&d = profile.x, &c = profile.values;
  const auto fallen = std::find_if(c.begin(), c.end(), [](double value) { return value < kForgotten; });
  if (fallen == c.end() || fallen == c.begin()) {
    Reading length = scalar_reading(kName, fallen == c.end() ? d.back() : d.front());
    length.bound = fallen == c.end() ? ">" : "<";
    return length;
  }
  const auto k = static_cast<size_t>(fallen - c.begin());
  const double part = (c[k - 1] - kForgotten) / (c[k - 1] - c[k]);
  return scalar_reading(kName, d[k - 1] * std::pow(d[k] / d[k - 1], part));
}

std::vector<Reading> correlation_length(const ExperimentRun& run) {
  const Batch& batch = run.batch;
  if (run.options.batch_norm == BatchStatistics::attached)
    return undefined("under `attached` the examples of a batch are coupled");
  if (batch.examples() < 2) return undefined("one example: there is no other to move towards");
  for (const at::Tensor& input : batch.inputs) {
    if (!input.is_floating_point())
      return undefined("inputs are whole numbers: there is nothing between two of them");
  }
  const Batch held = with_statistics_inputs(batch, run.options);
  const at::Tensor gradient = run.source.input_gradient(held, run.options);
  const double size = inner_product(gradient, gradient);
  if (!std::isfinite(size)) return undefined("gradient is not finite");
  if (size == 0) return undefined("gradient is zero");

  const int64_t away = batch.along_path ? std::max<int64_t>(1, batch.examples() / 2) : 1;
  std::vector<double> distances, correlations;
  for (int exponent = kSmallestExponent; exponent <= 0; ++exponent) {
    distances.push_back(std::ldexp(1.0, exponent));
    const Batch moved = displaced(held, distances.back(), away, run.options.dtype);
    correlations.push_back(inner_product(gradient, run.source.input_gradient(moved, run.options)) / size);
    if (!std::isfinite(correlations.back())) return undefined("gradient is not finite between examples");
  }
  const Reading profile =
      curve_reading(kProfileName, "distance", std::move(distances), std::move(correlations));
  return {length_of(profile), profile};
}

}  // namespace

ExperimentRecord correlation_length_record() {
  ExperimentRecord record;
  record.name = kName;
  record.symbol = "d_1/2";
  record.sentence = "How far one may move towards another example before the gradient forgets where it was.";
  record.formula =
      "smallest d with c(d) < 1/2, c(d) = mean_i <g(x_i), g(x_i + d (x'_i - x_i))> / mean_i ||g(x_i)||^2";
  record.reference = "after Balduzzi et al. 2017, The Shattered Gradients Problem";
  record.type = ReadingType::scalar;
  record.least = std::ldexp(1.0, kSmallestExponent);
  record.most = 1;
  record.range_note =
      "> 1 when the gradient never forgets (a linear network), < 1/256 when it has at the first step";
  record.needs = Needs::runs;
  record.order_invariant = false;
  record.undefined_when =
      "one example, whole-number inputs, zero gradients, batch norm `attached`, or a number that is not "
      "finite";
  record.prediction = "correlation_length";
  record.companions = {{kProfileName,
                        "c(d): what is left of the gradient after moving by d towards another example.",
                        ReadingType::curve, -std::numeric_limits<double>::infinity(),
                        std::numeric_limits<double>::infinity(), 0}};
  record.run = correlation_length;
  return record;
}

}  // namespace shatterproof
