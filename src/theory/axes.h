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

/// Curves over the places where gradients are read: value(tap), a GradientTap. The states, and the rectifiers
/// inside branches where there are any.
template <typename Value>
std::vector<Prediction> along_gradients(std::string_view name, const Setting& setting, Value value) {
  std::string in_branches(name);
  in_branches += "_in_branches";
  std::vector<Prediction> curves = {curve_prediction(name, "depth", {}, {}),
                                    curve_prediction(in_branches, "depth", {}, {})};
  for (const GradientTap& tap : gradient_taps(setting)) {
    Prediction& curve = curves[tap.in_branch ? 1 : 0];
    curve.x.push_back(static_cast<double>(tap.depth));
    curve.values.push_back(value(tap));
  }
  if (curves.back().x.empty()) curves.pop_back();
  return curves;
}

/// gradient_correlation as it is read: the curves, and the first value, at the input, alone.
template <typename Value>
std::vector<Prediction> correlations(const Setting& setting, Value value) {
  constexpr std::string_view kName = "gradient_correlation";
  std::vector<Prediction> all = along_gradients(kName, setting, value);
  all.insert(all.begin(), scalar_at_input(kName, all.front().values.front()));
  return all;
}

}  // namespace shatterproof
