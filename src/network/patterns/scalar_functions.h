// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <ATen/core/Tensor.h>

#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "shatterproof/network/composite.h"

namespace shatterproof {

/// A function of one number, known at the points of `sample_points()`.
class SampledFunction {
 public:
  explicit SampledFunction(at::Tensor values);
  /// At one of the special points: 0, 1, -1, 100, -100, 1e4, -1e4.
  double at(double x) const;
  const at::Tensor& values() const { return values_; }

 private:
  at::Tensor values_;
};

/// Where functions are compared: special points, then a grid that meets no kink but at 0. Double.
const at::Tensor& sample_points();

/// A nonlinearity of the table: what it computes and how its numbers are read off.
struct ScalarFunction {
  PatternRecord record;
  /// The numbers that the function would have if it were this one; nothing when it cannot be.
  std::optional<std::map<std::string, double>> (*numbers)(const SampledFunction& f);
  at::Tensor (*value)(const at::Tensor& x, const std::map<std::string, double>& numbers);
};

/// Every known nonlinearity, the more special before the more general.
std::span<const ScalarFunction> scalar_functions();

/// The function and its numbers, or nothing when it is none of the table.
struct KnownFunction {
  const ScalarFunction* function = nullptr;
  std::map<std::string, double> numbers;
};
std::optional<KnownFunction> known_function(const SampledFunction& f);

}  // namespace shatterproof
