// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "shatterproof/theory/catalog.h"
#include "shatterproof/theory/stack.h"

namespace shatterproof {

/// Independent Gaussian inputs of several numbers: nearly orthogonal, the typical pair of [SG].
bool runs_on_vectors(const Setting& setting);
/// Batch statistics, where there are any, are constants of the derivative.
bool statistics_are_held(const Setting& setting);

Prediction scalar_prediction(std::string_view name, double value);
/// The same at the network's input.
Prediction scalar_at_input(std::string_view name, double value);
Prediction curve_prediction(std::string_view name, std::string_view x_name, std::vector<double> x,
                            std::vector<double> values);

/// A curve over the rectifier layers 1 ... depth, where units are counted.
Prediction along_rectifiers(std::string_view name, std::vector<double> values);

/// A curve over the places where gradients are read: value(tap), a GradientTap.
template <typename Value>
Prediction along_gradients(std::string_view name, const Setting& setting, Value value) {
  Prediction curve = curve_prediction(name, "depth", {}, {});
  for (const GradientTap& tap : gradient_taps(setting)) {
    curve.x.push_back(static_cast<double>(tap.depth));
    curve.values.push_back(value(tap));
  }
  return curve;
}

/// gradient_correlation as it is read: the curve, and its first value, at the input, alone.
template <typename Value>
std::vector<Prediction> correlations(const Setting& setting, Value value) {
  constexpr std::string_view kName = "gradient_correlation";
  Prediction curve = along_gradients(kName, setting, value);
  Prediction scalar = scalar_at_input(kName, curve.values.front());
  return {std::move(scalar), std::move(curve)};
}

}  // namespace shatterproof
