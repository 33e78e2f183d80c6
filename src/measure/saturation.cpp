// SPDX-License-Identifier: Apache-2.0
#include "shatterproof/measure/saturation.h"

#include <ATen/ATen.h>

#include <cmath>
#include <optional>

#include "measure/per_tap.h"

namespace shatterproof {
namespace {

constexpr const char* kSaturation = "saturation";
constexpr double kAtBound = .97;  // of half the range

struct Bounds {
  double low = 0, high = 1;
};

std::optional<Bounds> bounds_of(const std::string& op) {
  if (op == "Sigmoid" || op == "HardSigmoid") return Bounds{0, 1};
  if (op == "Tanh" || op == "Softsign" || op == "Erf") return Bounds{-1, 1};
  return {};
}

int64_t saturated(const at::Tensor& outputs, const Bounds& bounds) {
  const double center = (bounds.low + bounds.high) / 2, half = (bounds.high - bounds.low) / 2;
  return ((outputs - center).abs() > kAtBound * half).sum().item<int64_t>();
}

struct Count {
  int64_t saturated = 0, outputs = 0;
  bool finite = true;
};

Outcome share(const Count& count) {
  if (!count.finite) return {.undefined = kNotFinite};
  if (count.outputs == 0) return {.undefined = "the layer has no units"};
  return {static_cast<double>(count.saturated) / static_cast<double>(count.outputs)};
}

Count count_of(const at::Tensor& outputs, const Bounds& bounds) {
  return {saturated(outputs, bounds), outputs.numel(), outputs.isfinite().all().item<bool>()};
}

class Saturation : public Measurement {
 public:
  explicit Saturation(MeasurementOptions options) : options_(std::move(options)) {}

  bool wants_forward(const Tap& tap) const override {
    return leaves_nonlinearity(tap, options_) && bounds_of(tap.op).has_value();
  }
  void observe(const ForwardTap& tap) override {
    Count& count = table_.at(tap.tap);
    const Count more = count_of(tap.output, *bounds_of(tap.tap.op));
    count.saturated += more.saturated;
    count.outputs += more.outputs;
    count.finite = count.finite && more.finite;
  }
  using Measurement::observe;

  std::vector<Reading> readings() const override {
    return {depth_curve(kSaturation, table_, "no bounded nonlinearity was seen", share)};
  }

 private:
  MeasurementOptions options_;
  PerTap<Count> table_;
};

}  // namespace

Reading saturation(const at::Tensor& outputs, double low, double high) {
  return scalar_of(kSaturation, share(count_of(outputs, {low, high})));
}

double saturated_share(const at::Tensor& outputs, double low, double high) {
  return static_cast<double>(saturated(outputs, {low, high})) / static_cast<double>(outputs.numel());
}

MeasurementRecord saturation_record() {
  MeasurementRecord record;
  record.name = kSaturation;
  record.symbol = "share";
  record.sentence = "What share of a bounded nonlinearity's outputs stands at its bounds.";
  record.formula = "#{|2 (y - low)/(high - low) - 1| > 0.97} / #{y}";
  record.reference =
      "Glorot and Bengio 2010, Understanding the difficulty of training deep feedforward networks";
  record.type = ReadingType::curve;
  record.least = 0;
  record.most = 1;
  record.range_note = "0: no output comes near a bound; 1: every unit is stuck at one";
  record.batch_norm = PreferredStatistics::attached;
  record.undefined_when =
      "no bounded nonlinearity (sigmoid, tanh and their kin), or a number that is not finite";
  record.prediction = "none here: for Gaussian pre-activations it is a tail of their distribution";
  record.make = [](const MeasurementOptions& options) -> std::unique_ptr<Measurement> {
    return std::make_unique<Saturation>(options);
  };
  return record;
}

}  // namespace shatterproof
