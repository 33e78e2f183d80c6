// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <ATen/core/Tensor.h>

#include <limits>
#include <map>
#include <string>
#include <vector>

#include "shatterproof/measure/measurement.h"

namespace shatterproof {

/// States of layers inside a residual branch: what passes them is not all that passes there, so that they
/// stand in no one line with the sums that end branches.
inline bool is_state_in_branch(const Tap& tap) {
  return tap.layer_state && tap.bypassed && tap.kind != TapKind::residual_sum;
}

/// Taps along which gradients are followed: the input and every layer's state but those inside a branch, or
/// the one that is named.
inline bool on_gradient_path(const Tap& tap, const MeasurementOptions& options) {
  if (!options.tap.empty()) return tap.name == options.tap;
  return tap.kind == TapKind::input || (tap.layer_state && !is_state_in_branch(tap));
}

/// Those inside branches, unless one is named.
inline bool on_branch_path(const Tap& tap, const MeasurementOptions& options) {
  return options.tap.empty() && is_state_in_branch(tap);
}

/// Taps through which all that the network computes passes from layer to layer: what linear maps make, and
/// residual sums, none of them beside a skip; or the one that is named.
inline bool ends_layer(const Tap& tap, const MeasurementOptions& options) {
  if (!options.tap.empty()) return tap.name == options.tap && tap.kind != TapKind::output;
  return (tap.kind == TapKind::pre_activation || tap.kind == TapKind::residual_sum) && !tap.bypassed;
}

/// Taps behind a nonlinearity; the mirrored half of a CReLU repeats the units of the other.
inline bool leaves_nonlinearity(const Tap& tap, const MeasurementOptions& options) {
  return tap.kind == TapKind::activation && !tap.negated_half &&
         (options.tap.empty() || tap.name == options.tap);
}

/// Those whose units switch at 0. A sigmoid, most often a gate, has nothing to switch there.
inline bool switches_units(const Tap& tap, const MeasurementOptions& options) {
  const bool is_sigmoid = tap.op == "Sigmoid" || tap.op == "HardSigmoid";
  return leaves_nonlinearity(tap, options) && (!is_sigmoid || tap.name == options.tap);
}

/// What a measurement keeps per tap, in topological order.
template <typename State>
class PerTap {
 public:
  struct Row {
    Tap tap;
    State state;
  };
  State& at(const Tap& tap) { return rows_.try_emplace(tap.order, Row{tap, State{}}).first->second.state; }
  bool empty() const { return rows_.empty(); }
  const std::map<size_t, Row>& rows() const { return rows_; }

 private:
  std::map<size_t, Row> rows_;
};

/// One number, or why there is none.
struct Outcome {
  double value = std::numeric_limits<double>::quiet_NaN();
  const char* undefined = nullptr;
};

/// A reading along depth: value(state), an Outcome, at every tap of the table. NaN where there is no number;
/// undefined when there is none anywhere.
template <typename State, typename Value>
Reading depth_curve(const std::string& name, const PerTap<State>& table, const char* undefined_when_empty,
                    Value value) {
  Reading curve = curve_reading(name, "depth", {}, {});
  const char* reason = undefined_when_empty;
  bool any_defined = false;
  for (const auto& [order, row] : table.rows()) {
    const Outcome outcome = value(row.state);
    curve.x.push_back(row.tap.depth);
    curve.x_labels.push_back(row.tap.name);
    curve.values.push_back(outcome.value);
    if (outcome.undefined) reason = outcome.undefined;
    any_defined = any_defined || !outcome.undefined;
  }
  return any_defined ? curve : undefined_reading(name, ReadingType::curve, reason);
}

/// The number as a scalar reading.
inline Reading scalar_of(const std::string& name, const Outcome& outcome) {
  return outcome.undefined ? undefined_reading(name, ReadingType::scalar, outcome.undefined)
                           : scalar_reading(name, outcome.value);
}

/// The reading, marked as read at that tap.
inline Reading at_tap(Reading reading, const Tap& tap) {
  reading.tap = tap.name;
  reading.depth = tap.depth;
  return reading;
}

/// The reading, marked as read at all taps of the table together, their names joined by +.
template <typename State>
Reading at_taps(Reading reading, const PerTap<State>& table) {
  for (const auto& [order, row] : table.rows())
    reading.tap += (reading.tap.empty() ? "" : "+") + row.tap.name;
  if (!table.empty()) reading.depth = table.rows().begin()->second.tap.depth;
  return reading;
}

/// Differences below this fraction of the gradients' size are rounding: the gradient counts as constant.
inline double constant_within(at::ScalarType dtype) {
  return dtype == at::kDouble ? 1e-12 : 1e-5;
}

inline constexpr const char* kNoGradientTap = "no gradient was seen: the network has no such place";
inline constexpr const char* kNoRectifier = "nothing switches units here: no nonlinearity was seen";
inline constexpr const char* kNotFinite = "not finite: a NaN or an infinity was met";
inline constexpr const char* kZeroGradient = "gradient is zero";
inline constexpr const char* kSameGradient = "gradient is the same for every example";
inline constexpr const char* kNoResidualSum = "the network has no residual sum";
inline constexpr const char* kOneExample = "one example: at least two are needed";
inline constexpr const char* kNotAlongPath = "inputs are not ordered along a grid or path";

}  // namespace shatterproof
