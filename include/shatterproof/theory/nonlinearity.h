// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace shatterproof {

/// A nonlinearity as mathematics: its value, its derivative, and where that jumps.
struct Nonlinearity {
  std::string name;
  double (*phi)(double z, double slope);
  double (*phi_prime)(double z, double slope);  ///< at a kink either side's
  std::vector<double> kinks;
  std::optional<double> slope;  ///< below 0, of those that have one

  double value(double z) const { return phi(z, slope.value_or(0)); }
  double derivative(double z) const { return phi_prime(z, slope.value_or(0)); }
};

/// relu, prelu, leaky_relu, tanh, selu, gelu (exact, by the error function) and identity, slopes as networks
/// have them: 0.25 for prelu, 0.01 for leaky_relu.
std::span<const Nonlinearity> nonlinearities();

/// The one of that name. Throws std::invalid_argument on an unknown name, and on a slope for one without.
Nonlinearity nonlinearity_of(std::string_view name, std::optional<double> slope = {});

}  // namespace shatterproof
