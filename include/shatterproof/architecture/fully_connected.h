// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace shatterproof {

/// Most numbers in the parameters of a family's network; asked for before anything is allocated.
inline constexpr int64_t kMostParameters = int64_t{1} << 31;
inline constexpr int64_t kMostLayers = 10'000;
inline constexpr int64_t kMostUnits = int64_t{1} << 20;

/// What `depth` counts: nonlinearities, a readout following ([SG]); or linear maps, the last one being the
/// output and the first one N(0, 1/input) because its input is not rectified ([GE]).
enum class DepthCount { rectifiers, linear_maps };

/// What the fully connected families share.
///
/// A scalar input (`input` = 1) is embedded, x_0 = v x + b, v and b of `width` numbers; a vector is x_0
/// itself. Readout of [SG]: f = w . x_L.
struct FullyConnectedOptions {
  int64_t input = 1;                   ///< numbers per example
  int64_t width = 200;                 ///< units of a hidden layer, N
  int64_t depth = 50;                  ///< L, see DepthCount
  int64_t output = 1;                  ///< numbers per example that come out
  std::string activation = "relu";     ///< see NetworkBuilder::activation
  bool crelu = false;                  ///< (rho(z), rho(-z)) for rho(z): the next layer's fan-in doubles
  std::optional<double> slope;         ///< below 0, of prelu (0.25 unless given) and leaky_relu (0.01)
  std::string norm = "none";           ///< none, center, batch or layer, before each nonlinearity
  std::string embedding = "gaussian";  ///< v of a scalar input: gaussian, N(0, 1) per unit; or ones
  double bias_std = 1;                 ///< of b, N(0, bias_std^2) per unit
  std::string readout = "gaussian";    ///< w: gaussian, N(0, 1/fan_in); or sum, all ones
};

}  // namespace shatterproof
