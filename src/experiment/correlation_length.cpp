// SPDX-License-Identifier: Apache-2.0
#include "experiment/correlation_length.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include "experiment/jacobian.h"

namespace shatterproof {
namespace {

constexpr const char* kCorrelationLength = "correlation_length";
constexpr const char* kProfileName = "correlation_length_profile";
constexpr int kSmallestExponent = -8;
constexpr double kForgotten = 0.5;
constexpr double kEnoughError = 0.02;

std::vector<Reading> no_correlation_length(const std::string& reason) {
  return {undefined_reading(kCorrelationLength, ReadingType::scalar, reason),
          undefined_reading(kProfileName, ReadingType::curve, reason)};
}

// Examples [first, first + count), each moved d of the way to the one `away` behind it.
Batch displaced(const Batch& batch, int64_t first, int64_t count, double d, int64_t away,
                at::ScalarType dtype) {
  Batch moved = batch.slice(first, count);
  for (size_t i = 0; i < moved.inputs.size(); ++i) {
    const at::Tensor x = moved.inputs[i].to(dtype);
    const at::Tensor other = batch.inputs[i].roll(-away, 0).narrow(0, first, count).to(dtype);
    moved.inputs[i] = x + (other - x) * d;
  }
  return moved;
}

// <a_i, b_i> of every row: both together in double would be twice the batch again.
std::vector<double> inner_products(const at::Tensor& a, const at::Tensor& b) {
  std::vector<double> products;
  for (int64_t i = 0; i < a.size(0); ++i)
    products.push_back(a[i].to(at::kDouble).dot(b[i].to(at::kDouble)).item<double>());
  return products;
}

// What is left of the gradient after one distance, over the pairs walked so far.
struct Likeness {
  std::vector<double> products;  // <g(x_i), g(x_i + d (x'_i - x_i))>

  double value(double size) const { return std::accumulate(products.begin(), products.end(), 0.0) / size; }
  // Standard error of the ratio of sums, pairs taken to be independent.
  double error(const std::vector<double>& sizes, double size) const {
    const double c = value(size), pairs = static_cast<double>(sizes.size());
    double squares = 0;
    for (size_t i = 0; i < sizes.size(); ++i) squares += std::pow(products[i] - c * sizes[i], 2);
    return std::sqrt(squares * pairs / (pairs - 1)) / size;
  }
};

// Walks more and more pairs, until what is left of the gradient is known at every distance.
class DisplacedWalk {
 public:
  DisplacedWalk(const ExperimentRun& run, Batch batch) : run_(run), batch_(std::move(batch)) {
    for (int exponent = kSmallestExponent; exponent <= 0; ++exponent) {
      distances.push_back(std::ldexp(1.0, exponent));
      likeness_.emplace_back();
    }
  }

  // Why there is nothing to read; empty when there is.
  std::string walk() {
    const int64_t examples = batch_.examples();
    for (int64_t done = 0; done < examples;) {
      const int64_t next = std::min(examples, done == 0 ? first_pairs() : 2 * done);
      if (std::string reason = add(done, next - done); !reason.empty()) return reason;
      done = next;
      if (size_ > 0 && is_known()) break;
    }
    return size_ > 0 ? "" : "gradient is zero";
  }

  std::vector<double> correlations() const {
    std::vector<double> values;
    for (const Likeness& one : likeness_) values.push_back(one.value(size_));
    return values;
  }

  std::vector<double> distances;

 private:
  // Neighbours on a path are alike: how far pairs there tell of others is not known, so that all are walked.
  int64_t first_pairs() const {
    constexpr int64_t kFirst = 32;
    const int64_t at_once = run_.source.examples_at_once(batch_);
    const int64_t unit = at_once > 0 ? at_once : std::max<int64_t>(1, run_.options.mini_batch);
    return batch_.along_path ? batch_.examples() : (kFirst + unit - 1) / unit * unit;
  }

  std::string add(int64_t first, int64_t count) {
    const int64_t away = batch_.along_path ? std::max<int64_t>(1, batch_.examples() / 2) : 1;
    const at::Tensor gradient = run_.source.input_gradient(batch_.slice(first, count), run_.options);
    for (const double size : inner_products(gradient, gradient)) {
      sizes_.push_back(size);
      size_ += size;
    }
    if (!std::isfinite(size_)) return "gradient is not finite";
    for (size_t k = 0; k < distances.size(); ++k) {
      const Batch moved = displaced(batch_, first, count, distances[k], away, run_.options.dtype);
      std::vector<double>& products = likeness_[k].products;
      for (const double product : inner_products(gradient, run_.source.input_gradient(moved, run_.options)))
        products.push_back(product);
      if (!std::all_of(products.begin(), products.end(), [](double p) { return std::isfinite(p); }))
        return "gradient is not finite between examples";
    }
    return "";
  }

  bool is_known() const {
    return std::all_of(likeness_.begin(), likeness_.end(),
                       [&](const Likeness& one) { return one.error(sizes_, size_) <= kEnoughError; });
  }

  const ExperimentRun& run_;
  Batch batch_;
  std::vector<Likeness> likeness_;  // per distance
  std::vector<double> sizes_;       // ||g(x_i)||^2
  double size_ = 0;                 // their sum
};

Reading length_of(const Reading& profile) {
  const std::vector<double>&d = profile.x, &c = profile.values;
  const auto fallen = std::find_if(c.begin(), c.end(), [](double value) { return value < kForgotten; });
  if (fallen == c.end() || fallen == c.begin()) {
    Reading length = scalar_reading(kCorrelationLength, fallen == c.end() ? d.back() : d.front());
    length.bound = fallen == c.end() ? ">" : "<";
    return length;
  }
  const auto k = static_cast<size_t>(fallen - c.begin());
  const double part = (c[k - 1] - kForgotten) / (c[k - 1] - c[k]);
  return scalar_reading(kCorrelationLength, d[k - 1] * std::pow(d[k] / d[k - 1], part));
}

std::vector<Reading> correlation_length(const ExperimentRun& run) {
  const Batch& batch = run.batch;
  if (run.options.batch_norm == BatchStatistics::attached)
    return no_correlation_length("under `attached` the examples of a batch are coupled");
  if (batch.examples() < 2) return no_correlation_length("one example: there is no other to move towards");
  for (const at::Tensor& input : batch.inputs) {
    if (!input.is_floating_point())
      return no_correlation_length("inputs are whole numbers: there is nothing between two of them");
  }
  DisplacedWalk walk(run, with_statistics_inputs(batch, run.options));
  if (const std::string reason = walk.walk(); !reason.empty()) return no_correlation_length(reason);
  const Reading profile = curve_reading(kProfileName, "distance", walk.distances, walk.correlations());
  return {length_of(profile), profile};
}

}  // namespace

ExperimentRecord correlation_length_record() {
  ExperimentRecord record;
  record.name = kCorrelationLength;
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
