// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <string>
#include <string_view>

namespace shatterproof {

/// The shape of a distribution, whatever its mean and spread.
enum class Distribution {
  constant,            ///< one number
  flat,                ///< uniform between two bounds: kurtosis 9/5
  truncated_gaussian,  ///< a Gaussian without what lies beyond 2 of its standard deviations: kurtosis 2.37
  gaussian,            ///< kurtosis 3
  other,
};
std::string_view to_string(Distribution distribution);

/// What libraries divide by. Of a convolution both count the positions of the kernel.
struct Fan {
  double in = 0;   ///< inputs of a unit
  double out = 0;  ///< units that read an input, at all positions of the kernel
};

/// A distribution that libraries and papers draw initial weights from: independent numbers, all alike.
struct LawRecord {
  std::string name;      ///< "pytorch"
  std::string sentence;  ///< "PyTorch's default weights (uniform, variance 1/(3 fan_in))"
  Distribution distribution = Distribution::gaussian;
  double (*variance)(const Fan& fan);
  double mean = 0;
  bool needs_fan = true;  ///< whether only the weight of a linear map can follow it
};

/// Every law that `provenance` looks for. No other list of them exists.
std::span<const LawRecord> laws();
/// The record named `name`, or nullptr.
const LawRecord* find_law(std::string_view name);

}  // namespace shatterproof
