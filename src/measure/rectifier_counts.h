// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "measure/column_sums.h"
#include "measure/per_tap.h"

namespace shatterproof {

/// How often each unit is active; `pre_activations` is [examples, units...].
inline PositiveCounts positive_counts(const at::Tensor& pre_activations) {
  PositiveCounts counts;
  counts.add(pre_activations);
  return counts;
}

/// The mean over units of `value(k)` for units active on k inputs.
template <typename Value>
Outcome mean_over_units(const PositiveCounts& counts, int64_t least_inputs, Value value) {
  if (counts.rows < least_inputs) return {.undefined = kOneExample};
  if (counts.counts.empty()) return {.undefined = "the layer has no units"};
  if (!counts.finite) return {.undefined = kNotFinite};
  double sum = 0;
  for (const int32_t k : counts.counts) sum += value(static_cast<int64_t>(k));
  return {sum / static_cast<double>(counts.counts.size())};
}

/// A measurement of how often units are active: counts per unit at every nonlinearity.
class RectifierCounts : public Measurement {
 public:
  explicit RectifierCounts(MeasurementOptions options) : options_(std::move(options)) {}

  bool wants_forward(const Tap& tap) const override { return switches_units(tap, options_); }
  void observe(const ForwardTap& tap) override { table_.at(tap.tap).add(tap.inputs[0]); }
  using Measurement::observe;

 protected:
  PerTap<PositiveCounts> table_;

 private:
  MeasurementOptions options_;
};

}  // namespace shatterproof
