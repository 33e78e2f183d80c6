// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "tests/matchers.h"
#include "tests/support/fake_taps.h"

namespace shatterproof {

inline constexpr double kRounding = 1e-12;

/// One rectifier that z enters.
inline FakeTaps one_layer(const at::Tensor& z) {
  FakeTaps taps;
  taps.add_rectifier("relu_1", 1, z, at::zeros_like(z));
  return taps;
}

/// The first number of the curve `name` (the record's own when empty).
inline double value(const FakeTaps& taps, const MeasurementRecord& record, const std::string& name = "") {
  return find_reading(taps.measured_by(record), name.empty() ? record.name : name).values.at(0);
}

/// What enters: units active on 4, 2, 1 and 0 of 4 inputs; 0 itself is not active.
inline at::Tensor by_hand() {
  return at::tensor({1, 1, -1, 0, 1, 1, -1, 0, 1, -1, 1, 0, 1, -1, -1, -2}).to(at::kFloat).view({4, 4});
}

}  // namespace shatterproof
