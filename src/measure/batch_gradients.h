// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "measure/column_sums.h"
#include "measure/tap_series.h"

namespace shatterproof {

/// A measurement of the gradients of all examples side by side: at the inputs, all together, where they may
/// be kept, or at the tap that is named, where they are reduced as they pass: all examples must then run at
/// once.
class BatchGradients : public Measurement {
 public:
  explicit BatchGradients(MeasurementOptions options) : options_(std::move(options)) {}

  void begin(const RunContext& context) override {
    Measurement::begin(context);
    inputs_.begin(context.examples);
  }
  bool wants_backward(const Tap& tap) const override { return in_series(tap, options_); }
  void observe(const BackwardTap& tap) override {
    if (tap.tap.kind == TapKind::input) {
      inputs_.add(tap.tap, tap.gradient, tap.first_example);
      return;
    }
    const bool is_whole = tap.gradient.size(0) == context_.examples;
    passed_ = is_whole ? reduce(as_rows(tap.gradient)) : without(kInMiniBatches);
    for (Reading& reading : passed_) reading = at_tap(std::move(reading), tap.tap);
  }
  using Measurement::observe;

  std::vector<Reading> readings() const override {
    if (!passed_.empty()) return passed_;
    if (inputs_.empty()) return without(kNoGradientTap);
    std::vector<Reading> readings = reduce(inputs_.joined());
    for (Reading& reading : readings) reading = inputs_.placed(std::move(reading));
    return readings;
  }

 protected:
  /// The readings of gradients [examples, numbers], contiguous, float or double, on any device.
  virtual std::vector<Reading> reduce(const at::Tensor& gradients) const = 0;
  /// The readings that say why there are none.
  virtual std::vector<Reading> without(const char* reason) const = 0;

 private:
  static constexpr const char* kInMiniBatches =
      "examples ran in mini-batches: gradients of different ones are never seen together at this tap";

  MeasurementOptions options_;
  TapSeries inputs_;
  std::vector<Reading> passed_;  // at a named tap that is no input
};

}  // namespace shatterproof
