// SPDX-License-Identifier: Apache-2.0
#include "shatterproof/measure/gradient_variance.h"

#include <cmath>
#include <limits>

#include "measure/column_sums.h"
#include "measure/per_tap.h"

namespace shatterproof {
namespace {

constexpr const char* kGradientVariance = "gradient_variance";
constexpr const char* kAbsoluteName = "gradient_mean_square";
constexpr const char* kGradientVarianceInBranches = "gradient_variance_in_branches";
constexpr const char* kAbsoluteBranchesName = "gradient_mean_square_in_branches";

Outcome mean_square_gradient(const SquareSum& gradients) {
  if (gradients.entries == 0) return {.undefined = "the state has no units"};
  if (!std::isfinite(gradients.squares)) return {.undefined = kNotFinite};
  return {gradients.squares / static_cast<double>(gradients.entries)};
}

SquareSum squares_of(const at::Tensor& gradients) {
  SquareSum sum;
  sum.add(gradients);
  return sum;
}

// Of the last state; nothing is compared with zero.
Outcome mean_square_of_last(const SquareSum& gradients) {
  Outcome last = mean_square_gradient(gradients);
  if (last.value == 0) last.undefined = "gradient is zero at the last hidden state";
  return last;
}

Outcome relative_to(const Outcome& last, const SquareSum& gradients) {
  const Outcome outcome = mean_square_gradient(gradients);
  return {outcome.value / last.value, outcome.undefined};
}

class GradientVariance : public Measurement {
 public:
  explicit GradientVariance(MeasurementOptions options) : options_(std::move(options)) {}

  // The last state is what all others are compared with, whichever tap was asked for.
  bool wants_backward(const Tap& tap) const override {
    return tap.layer_state || on_gradient_path(tap, options_);
  }
  void observe(const BackwardTap& tap) override { table_.at(tap.tap).add(tap.gradient); }
  using Measurement::observe;

  std::vector<Reading> readings() const override {
    PerTap<SquareSum> shown, branches;
    Outcome last = {.undefined = "no layer has a state to compare with"};
    for (const auto& [order, row] : table_.rows()) {
      if (on_gradient_path(row.tap, options_)) shown.at(row.tap) = row.state;
      if (on_branch_path(row.tap, options_)) branches.at(row.tap) = row.state;
      if (row.tap.layer_state && !is_state_in_branch(row.tap)) last = mean_square_of_last(row.state);
    }
    std::vector<Reading> readings = {curve(kGradientVariance, shown, last),
                                     depth_curve(kAbsoluteName, shown, kNoGradientTap, mean_square_gradient)};
    if (!branches.empty()) {
      readings.push_back(curve(kGradientVarianceInBranches, branches, last));
      readings.push_back(depth_curve(kAbsoluteBranchesName, branches, kNoGradientTap, mean_square_gradient));
    }
    return readings;
  }

 private:
  static Reading curve(const char* name, const PerTap<SquareSum>& places, const Outcome& last) {
    if (last.undefined) return undefined_reading(name, ReadingType::curve, last.undefined);
    return depth_curve(name, places, kNoGradientTap,
                       [&](const SquareSum& gradients) { return relative_to(last, gradients); });
  }

  MeasurementOptions options_;
  PerTap<SquareSum> table_;
};

}  // namespace

Reading gradient_variance(const at::Tensor& gradients, const at::Tensor& last_gradients) {
  const Outcome last = mean_square_of_last(squares_of(last_gradients));
  return scalar_of(kGradientVariance, last.undefined ? last : relative_to(last, squares_of(gradients)));
}

MeasurementRecord gradient_variance_record() {
  MeasurementRecord record;
  record.name = kGradientVariance;
  record.symbol = "C";
  record.sentence = "How the size of gradients changes with depth, relative to the last hidden layer.";
  record.formula = "C(l) = (mean_i ||g_i(x_l)||^2 / D_l) / (mean_i ||g_i(x_L)||^2 / D_L)";
  record.reference = "Balduzzi et al. 2017, The Shattered Gradients Problem, section 3";
  record.type = ReadingType::curve;
  record.least = 0;
  record.most = std::numeric_limits<double>::infinity();
  record.range_note = "1 at the last hidden layer; 0 where a layer's gradient is exactly zero";
  record.undefined_when = "no hidden layer, a zero gradient at the last one, or one that is not finite";
  record.prediction = "gradient_variance";
  record.companions = {
      {kAbsoluteName, "Mean square of the gradient's entries, absolute: mean_i ||g_i||^2 / D.",
       ReadingType::curve, 0, record.most, 2},
      {kGradientVarianceInBranches, "C at nonlinearities inside residual branches, if there are any.",
       ReadingType::curve, 0, record.most, 0},
      {kAbsoluteBranchesName, "The mean square there, absolute.", ReadingType::curve, 0, record.most, 2}};
  record.make = [](const MeasurementOptions& options) -> std::unique_ptr<Measurement> {
    return std::make_unique<GradientVariance>(options);
  };
  return record;
}

}  // namespace shatterproof
