// SPDX-License-Identifier: Apache-2.0
#include "shatterproof/measure/sign_diversity.h"

#include <ATen/ATen.h>

#include <algorithm>

#include "measure/column_sums.h"
#include "measure/per_tap.h"

namespace shatterproof {
namespace {

constexpr const char* kSignDiversity = "sign_diversity";

struct SignCounts {
  PositiveCounts positive, negative;
};

Outcome diversity(const SignCounts& signs) {
  const std::vector<int32_t>&positive = signs.positive.counts, &negative = signs.negative.counts;
  if (signs.positive.rows < 2) return {.undefined = kOneExample};
  if (positive.empty()) return {.undefined = "the layer has no units"};
  if (!signs.positive.finite) return {.undefined = kNotFinite};
  double sum = 0;
  for (size_t unit = 0; unit < positive.size(); ++unit) {
    const int32_t both = positive[unit] + negative[unit];
    if (both > 0) sum += std::min(positive[unit], negative[unit]) / static_cast<double>(both);
  }
  return {sum / static_cast<double>(positive.size())};
}

void add_signs(SignCounts& signs, const at::Tensor& pre_activations) {
  signs.positive.add(pre_activations);
  signs.negative.add(-pre_activations);
}

class SignDiversity : public Measurement {
 public:
  explicit SignDiversity(MeasurementOptions options) : options_(std::move(options)) {}

  bool wants_forward(const Tap& tap) const override { return switches_units(tap, options_); }
  void observe(const ForwardTap& tap) override { add_signs(table_.at(tap.tap), tap.inputs[0]); }
  using Measurement::observe;

  std::vector<Reading> readings() const override {
    return {depth_curve(kSignDiversity, table_, kNoRectifier, diversity)};
  }

 private:
  MeasurementOptions options_;
  PerTap<SignCounts> table_;
};

}  // namespace

Reading sign_diversity(const at::Tensor& pre_activations) {
  SignCounts signs;
  add_signs(signs, pre_activations);
  return scalar_of(kSignDiversity, diversity(signs));
}

MeasurementRecord sign_diversity_record() {
  MeasurementRecord record;
  record.name = kSignDiversity;
  record.symbol = "s";
  record.sentence = "How often what enters a nonlinearity has its rarer sign.";
  record.formula = "mean over units of min(P, N) / (P + N), P and N inputs of positive and negative sign";
  record.reference =
      "Philipp et al. 2018, Gradients explode - Deep Networks are shallow - ResNet explained, table 1";
  record.type = ReadingType::curve;
  record.least = 0;
  record.most = 0.5;
  record.range_note =
      "1/2: both signs equally often; 0: every unit keeps one sign, a rectifier is linear there";
  record.batch_norm = PreferredStatistics::attached;
  record.undefined_when = "one example, no nonlinearity, or a number that is not finite enters it";
  record.prediction = "none: how much the inputs agree at depth depends on their mean and on width";
  record.make = [](const MeasurementOptions& options) -> std::unique_ptr<Measurement> {
    return std::make_unique<SignDiversity>(options);
  };
  return record;
}

}  // namespace shatterproof
