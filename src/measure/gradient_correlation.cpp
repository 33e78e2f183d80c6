// SPDX-License-Identifier: Apache-2.0
#include "shatterproof/measure/gradient_correlation.h"

#include <cmath>

#include "measure/column_sums.h"
#include "measure/per_tap.h"

namespace shatterproof {
namespace {

constexpr const char* kGradientCorrelation = "gradient_correlation";
constexpr const char* kGradientCorrelationInBranches = "gradient_correlation_in_branches";

Outcome correlation(const ColumnSums& gradients) {
  double square_of_sum = 0;
  for (const double sum : gradients.sums) square_of_sum += sum * sum;
  if (gradients.rows < 2) return {.undefined = kOneExample};
  if (!std::isfinite(square_of_sum) || !std::isfinite(gradients.squares)) return {.undefined = kNotFinite};
  if (gradients.squares == 0) return {.undefined = kZeroGradient};
  const double between = (square_of_sum - gradients.squares) / static_cast<double>(gradients.rows - 1);
  return {between / gradients.squares};
}

class GradientCorrelation : public Measurement {
 public:
  explicit GradientCorrelation(MeasurementOptions options) : options_(std::move(options)) {}

  bool wants_backward(const Tap& tap) const override {
    return on_gradient_path(tap, options_) || on_branch_path(tap, options_);
  }
  void observe(const BackwardTap& tap) override {
    (on_branch_path(tap.tap, options_) ? branches_ : table_).at(tap.tap).add(tap.gradient);
  }
  using Measurement::observe;

  std::vector<Reading> readings() const override {
    std::vector<Reading> readings = {depth_curve(kGradientCorrelation, table_, kNoGradientTap, correlation)};
    for (const auto& [order, row] : table_.rows()) {
      const bool alone = row.tap.kind == TapKind::input || !options_.tap.empty();
      if (alone) readings.push_back(at_tap(scalar_of(kGradientCorrelation, correlation(row.state)), row.tap));
    }
    if (!branches_.empty())
      readings.push_back(depth_curve(kGradientCorrelationInBranches, branches_, kNoGradientTap, correlation));
    return readings;
  }

 private:
  MeasurementOptions options_;
  PerTap<ColumnSums> table_, branches_;
};

}  // namespace

Reading gradient_correlation(const at::Tensor& gradients) {
  ColumnSums sums;
  sums.add(gradients);
  return scalar_of(kGradientCorrelation, correlation(sums));
}

MeasurementRecord gradient_correlation_record() {
  MeasurementRecord record;
  record.name = kGradientCorrelation;
  record.symbol = "R";
  record.sentence = "How much the gradients of different examples have in common.";
  record.formula = "R = mean_{i != j} <g_i, g_j> / mean_i ||g_i||^2";
  record.reference = "Balduzzi et al. 2017, The Shattered Gradients Problem, section 3";
  record.type = ReadingType::curve;
  record.least = -1;
  record.most = 1;
  record.range_note =
      "1: all examples have the same gradient; 0: unrelated gradients; -1/(B - 1): they sum to zero";
  record.undefined_when = "one example, zero gradients, or a number that is not finite";
  record.prediction = "gradient_correlation";
  record.companions = {
      {kGradientCorrelation, "The same at one place: every input, or the tap that was named.",
       ReadingType::scalar, -1, 1, 0},
      {kGradientCorrelationInBranches,
       "The same at nonlinearities inside residual branches, if there are any.", ReadingType::curve, -1, 1,
       0}};
  record.make = [](const MeasurementOptions& options) -> std::unique_ptr<Measurement> {
    return std::make_unique<GradientCorrelation>(options);
  };
  return record;
}

}  // namespace shatterproof
