// SPDX-License-Identifier: Apache-2.0
#include "shatterproof/measure/coactivation.h"

#include "measure/rectifier_counts.h"

namespace shatterproof {
namespace {

constexpr const char* kCoactivation = "coactivation";

Outcome active_on_both(const PositiveCounts& counts) {
  const auto pairs = static_cast<double>(counts.rows) * static_cast<double>(counts.rows - 1);
  return mean_over_units(
      counts, 2, [pairs](int64_t k) { return static_cast<double>(k) * static_cast<double>(k - 1) / pairs; });
}

class Coactivation : public RectifierCounts {
 public:
  using RectifierCounts::RectifierCounts;

  std::vector<Reading> readings() const override {
    return {depth_curve(kCoactivation, table_, kNoRectifier, active_on_both)};
  }
};

}  // namespace

Reading coactivation(const at::Tensor& pre_activations) {
  return scalar_of(kCoactivation, active_on_both(positive_counts(pre_activations)));
}

MeasurementRecord coactivation_record() {
  MeasurementRecord record;
  record.name = kCoactivation;
  record.symbol = "c";
  record.sentence = "How often a unit is active on both of two different inputs.";
  record.formula = "c = mean over units of k (k - 1) / (B (B - 1)), k = number of inputs with z > 0";
  record.reference = "Balduzzi et al. 2017, The Shattered Gradients Problem, section 3";
  record.type = ReadingType::curve;
  record.least = 0;
  record.most = 1;
  record.range_note =
      "1/4: units switch independently on half of the inputs; 1/2: half of the units are always active";
  record.undefined_when = "one example, no nonlinearity, or a number that is not finite enters it";
  record.prediction = "coactivation";
  record.make = [](const MeasurementOptions& options) -> std::unique_ptr<Measurement> {
    return std::make_unique<Coactivation>(options);
  };
  return record;
}

}  // namespace shatterproof
