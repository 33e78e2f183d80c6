// SPDX-License-Identifier: Apache-2.0
#include "shatterproof/measure/gradient_signal_to_noise.h"

#include <cmath>
#include <limits>

#include "measure/column_sums.h"
#include "measure/tap_series.h"

namespace shatterproof {
namespace {

constexpr const char* kGradientSignalToNoise = "gradient_signal_to_noise";

// Gradients at one place, and the relative size of what counts as rounding of them.
struct Place {
  void add(const at::Tensor& gradients) {
    moments.add(gradients);
    constant = constant_within(gradients.scalar_type());
  }
  ColumnMoments moments;
  double constant = 0;
};

// The sum, over coordinates that have a gradient, of signal over noise; squared both.
struct Ratios {
  void add(const Place& place) {
    if (place.moments.rows < 2) undefined = kOneExample;
    if (undefined) return;
    for (size_t d = 0; d < place.moments.sums.size(); ++d) {
      const double mean = place.moments.mean(d), variance = place.moments.variance(d);
      const double size = mean * mean + variance;
      if (size == 0) continue;
      if (variance <= place.constant * place.constant * size) {
        undefined = "gradient does not vary from example to example in some coordinate";
        return;
      }
      sum += mean * mean / variance;
      ++coordinates;
    }
  }
  Outcome root_mean() const {
    if (undefined) return {.undefined = undefined};
    if (!std::isfinite(sum)) return {.undefined = kNotFinite};
    if (coordinates == 0) return {.undefined = kZeroGradient};
    return {std::sqrt(sum / static_cast<double>(coordinates))};
  }

  double sum = 0;
  int64_t coordinates = 0;
  const char* undefined = nullptr;
};

class GradientSignalToNoise : public Measurement {
 public:
  explicit GradientSignalToNoise(MeasurementOptions options) : options_(std::move(options)) {}

  bool wants_backward(const Tap& tap) const override { return in_series(tap, options_); }
  void observe(const BackwardTap& tap) override { table_.at(tap.tap).add(tap.gradient); }
  using Measurement::observe;

  std::vector<Reading> readings() const override {
    if (table_.empty())
      return {undefined_reading(kGradientSignalToNoise, ReadingType::scalar, kNoGradientTap)};
    Ratios ratios;
    for (const auto& [order, row] : table_.rows()) ratios.add(row.state);
    return {at_taps(scalar_of(kGradientSignalToNoise, ratios.root_mean()), table_)};
  }

 private:
  MeasurementOptions options_;
  PerTap<Place> table_;
};

}  // namespace

Reading gradient_signal_to_noise(const at::Tensor& gradients) {
  Place place;
  place.add(gradients);
  Ratios ratios;
  ratios.add(place);
  return scalar_of(kGradientSignalToNoise, ratios.root_mean());
}

MeasurementRecord gradient_signal_to_noise_record() {
  MeasurementRecord record;
  record.name = kGradientSignalToNoise;
  record.symbol = "SNR";
  record.sentence = "How large the mean gradient of a batch is beside the spread around it.";
  record.formula = "sqrt(mean over coordinates of (mean_b g_b)^2 / var_b g_b)";
  record.reference =
      "our reading of Balduzzi et al. 2017, The Shattered Gradients Problem, figure 5: \"average norm "
      "normalized by the minibatch standard deviation\"";
  record.type = ReadingType::scalar;
  record.least = 0;
  record.most = std::numeric_limits<double>::infinity();
  record.range_note =
      "sqrt(1/(B - 3)), about 1/sqrt(B): white gradients; 1: the mean is as large as the spread around it";
  record.undefined_when =
      "one example, zero gradients, a coordinate whose gradient does not vary, or a number that is not "
      "finite";
  record.prediction = "gradient_signal_to_noise";
  record.make = [](const MeasurementOptions& options) -> std::unique_ptr<Measurement> {
    return std::make_unique<GradientSignalToNoise>(options);
  };
  return record;
}

}  // namespace shatterproof
