// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <ATen/core/Tensor.h>

#include "measure/per_tap.h"

namespace shatterproof {

/// Tensors of all examples at a few taps, put together from mini-batches: what only the input may be kept of.
class TapSeries {
 public:
  void begin(int64_t examples) { examples_ = examples; }
  void add(const Tap& tap, const at::Tensor& part, int64_t first_example);
  bool empty() const { return table_.empty(); }
  /// [examples, numbers], float or double on the processor, taps side by side in their order.
  at::Tensor joined() const;
  /// The reading, marked as read at these taps.
  Reading placed(Reading reading) const { return at_taps(std::move(reading), table_); }

 private:
  int64_t examples_ = 0;
  PerTap<at::Tensor> table_;
};

/// Whether to keep this tap's series: the inputs, or the one that is named.
inline bool in_series(const Tap& tap, const MeasurementOptions& options) {
  return options.tap.empty() ? tap.kind == TapKind::input : tap.name == options.tap;
}

}  // namespace shatterproof
