// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "measure/tap_series.h"

namespace shatterproof {

/// A measurement of the series of gradients along ordered inputs: at the inputs, all together, or at the tap
/// that is named.
class PathGradients : public Measurement {
 public:
  explicit PathGradients(MeasurementOptions options) : options_(std::move(options)) {}

  void begin(const RunContext& context) override {
    Measurement::begin(context);
    gradients_.begin(context.examples);
  }
  bool wants_backward(const Tap& tap) const override {
    return context_.along_path && in_series(tap, options_);
  }
  void observe(const BackwardTap& tap) override { gradients_.add(tap.tap, tap.gradient, tap.first_example); }
  using Measurement::observe;

  std::vector<Reading> readings() const override {
    if (!context_.along_path) return {without(kNotAlongPath)};
    if (gradients_.empty()) return {without(kNoGradientTap)};
    return {gradients_.placed(reduce(gradients_.joined()))};
  }

 protected:
  /// The reading of a series [examples, numbers], float or double on the processor.
  virtual Reading reduce(const at::Tensor& series) const = 0;
  /// The reading that says why there is none.
  virtual Reading without(const char* reason) const = 0;

  MeasurementOptions options_;

 private:
  TapSeries gradients_;
};

}  // namespace shatterproof
