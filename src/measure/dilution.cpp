// SPDX-License-Identifier: Apache-2.0
#include "shatterproof/measure/dilution.h"

#include <cmath>
#include <limits>

#include "measure/column_sums.h"
#include "measure/per_tap.h"

namespace shatterproof {
namespace {

constexpr const char* kDilution = "dilution";

struct Summands {
  SquareSum skip, branch;
};

Outcome ratio(const Summands& summands) {
  if (!std::isfinite(summands.skip.squares + summands.branch.squares)) return {.undefined = kNotFinite};
  if (summands.branch.squares == 0) return {.undefined = "the branch is zero for every example"};
  return {std::sqrt(summands.skip.squares / summands.branch.squares)};
}

class Dilution : public Measurement {
 public:
  explicit Dilution(MeasurementOptions options) : options_(std::move(options)) {}

  bool wants_forward(const Tap& tap) const override {
    return tap.kind == TapKind::residual_sum && (options_.tap.empty() || tap.name == options_.tap);
  }
  void observe(const ForwardTap& tap) override {
    Summands& summands = table_.at(tap.tap);
    summands.skip.add(tap.inputs[tap.tap.skip]);
    summands.branch.add(tap.inputs[tap.tap.branch]);
  }
  using Measurement::observe;

  std::vector<Reading> readings() const override {
    return {depth_curve(kDilution, table_, kNoResidualSum, ratio)};
  }

 private:
  MeasurementOptions options_;
  PerTap<Summands> table_;
};

}  // namespace

Reading dilution(const at::Tensor& skip, const at::Tensor& branch) {
  Summands summands;
  summands.skip.add(skip);
  summands.branch.add(branch);
  return scalar_of(kDilution, ratio(summands));
}

MeasurementRecord dilution_record() {
  MeasurementRecord record;
  record.name = kDilution;
  record.symbol = "k";
  record.sentence = "How much larger the skip into a residual sum is than the branch.";
  record.formula = "k = sqrt(sum_b ||skip_b||^2 / sum_b ||branch_b||^2)";
  record.reference =
      "Philipp et al. 2018, Gradients explode - Deep Networks are shallow - ResNet explained, section 6";
  record.type = ReadingType::curve;
  record.least = 0;
  record.most = std::numeric_limits<double>::infinity();
  record.range_note = "1: skip and branch alike; large: the block hardly changes what passes";
  record.batch_norm = PreferredStatistics::attached;
  record.undefined_when = "no residual sum, a branch that is zero, or a number that is not finite";
  record.prediction = "dilution";
  record.make = [](const MeasurementOptions& options) -> std::unique_ptr<Measurement> {
    return std::make_unique<Dilution>(options);
  };
  return record;
}

}  // namespace shatterproof
