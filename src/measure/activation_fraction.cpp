// SPDX-License-Identifier: Apache-2.0
#include "shatterproof/measure/activation_fraction.h"

#include <algorithm>

#include "measure/rectifier_counts.h"

namespace shatterproof {
namespace {

constexpr const char* kActivationFraction = "activation_fraction";
constexpr int64_t kBins = 20;

Outcome fraction(const PositiveCounts& counts) {
  const auto inputs = static_cast<double>(counts.rows);
  return mean_over_units(counts, 1, [inputs](int64_t k) { return static_cast<double>(k) / inputs; });
}

class ActivationFraction : public RectifierCounts {
 public:
  using RectifierCounts::RectifierCounts;

  std::vector<Reading> readings() const override {
    std::vector<Reading> readings = {depth_curve(kActivationFraction, table_, kNoRectifier, fraction)};
    for (const auto& [order, row] : table_.rows()) readings.push_back(at_tap(histogram(row.state), row.tap));
    return readings;
  }

 private:
  static Reading histogram(const PositiveCounts& counts) {
    const Outcome outcome = fraction(counts);
    if (outcome.undefined)
      return undefined_reading(kActivationFraction, ReadingType::histogram, outcome.undefined);
    std::vector<double> edges, bins(kBins);
    for (int64_t i = 0; i <= kBins; ++i) edges.push_back(static_cast<double>(i) / kBins);
    const double unit = 1 / static_cast<double>(counts.counts.size());
    for (const int64_t k : counts.counts) {
      bins[static_cast<size_t>(std::min(kBins - 1, kBins * k / counts.rows))] += unit;
    }
    return histogram_reading(kActivationFraction, "fraction of inputs", std::move(edges), std::move(bins));
  }
};

}  // namespace

Reading activation_fraction(const at::Tensor& pre_activations) {
  return scalar_of(kActivationFraction, fraction(positive_counts(pre_activations)));
}

MeasurementRecord activation_fraction_record() {
  MeasurementRecord record;
  record.name = kActivationFraction;
  record.symbol = "a";
  record.sentence = "On which fraction of the inputs a unit is active.";
  record.formula = "a = mean over units of k / B, k = number of inputs with z > 0";
  record.reference = "Balduzzi et al. 2017, The Shattered Gradients Problem, section 3";
  record.type = ReadingType::curve;
  record.least = 0;
  record.most = 1;
  record.range_note = "0: no unit is ever active; 1: every unit always is";
  record.undefined_when = "no nonlinearity, or a number that is not finite enters it";
  record.prediction = "activation_fraction";
  record.companions = {
      {kActivationFraction,
       "Histogram over the units of a layer: which fraction of them has k / B in each of 20 bins.",
       ReadingType::histogram, 0, 1, 0}};
  record.make = [](const MeasurementOptions& options) -> std::unique_ptr<Measurement> {
    return std::make_unique<ActivationFraction>(options);
  };
  return record;
}

}  // namespace shatterproof
