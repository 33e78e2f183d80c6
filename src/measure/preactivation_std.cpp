// SPDX-License-Identifier: Apache-2.0
#include "shatterproof/measure/preactivation_std.h"

#include <cmath>
#include <limits>

#include "measure/column_sums.h"
#include "measure/per_tap.h"

namespace shatterproof {
namespace {

constexpr const char* kPreactivationStd = "preactivation_std";

Outcome mean_std(const ColumnMoments& moments) {
  if (moments.rows < 2) return {.undefined = kOneExample};
  if (moments.sums.empty()) return {.undefined = "the layer has no units"};
  double sum = 0;
  for (size_t unit = 0; unit < moments.sums.size(); ++unit) sum += std::sqrt(moments.variance(unit));
  if (!std::isfinite(sum)) return {.undefined = kNotFinite};
  return {sum / static_cast<double>(moments.sums.size())};
}

class PreactivationStd : public Measurement {
 public:
  explicit PreactivationStd(MeasurementOptions options) : options_(std::move(options)) {}

  bool wants_forward(const Tap& tap) const override { return leaves_nonlinearity(tap, options_); }
  void observe(const ForwardTap& tap) override { table_.at(tap.tap).add(tap.inputs[0]); }
  using Measurement::observe;

  std::vector<Reading> readings() const override {
    return {depth_curve(kPreactivationStd, table_, kNoRectifier, mean_std)};
  }

 private:
  MeasurementOptions options_;
  PerTap<ColumnMoments> table_;
};

}  // namespace

Reading preactivation_std(const at::Tensor& pre_activations) {
  ColumnMoments moments;
  moments.add(pre_activations);
  return scalar_of(kPreactivationStd, mean_std(moments));
}

MeasurementRecord preactivation_std_record() {
  MeasurementRecord record;
  record.name = kPreactivationStd;
  record.symbol = "s";
  record.sentence = "How much what enters a nonlinearity varies from input to input.";
  record.formula = "s = mean over units of sqrt(mean_b (z_b - mean_b z_b)^2)";
  record.reference =
      "Philipp et al. 2018, Gradients explode - Deep Networks are shallow - ResNet explained, table 1";
  record.type = ReadingType::curve;
  record.least = 0;
  record.most = std::numeric_limits<double>::infinity();
  record.range_note = "1 after batch normalization; 0: the layer no longer sees its input";
  record.batch_norm = PreferredStatistics::attached;
  record.undefined_when = "one example, no nonlinearity, or a number that is not finite enters it";
  record.prediction = "preactivation_std";
  record.make = [](const MeasurementOptions& options) -> std::unique_ptr<Measurement> {
    return std::make_unique<PreactivationStd>(options);
  };
  return record;
}

}  // namespace shatterproof
