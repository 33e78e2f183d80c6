// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace shatterproof {

/// A weight to be drawn, in canonical orientation whatever the stored layout is.
struct WeightShape {
  std::string name;
  /// Dense: [matrices..., fan_out, fan_in]. Convolution: [channels out, channels in / groups, kernel...].
  /// Anything else, as a bias: its own sizes, with no fan.
  std::vector<int64_t> sizes;
  int64_t matrices = 1;  ///< independent matrices, as in a batched MatMul
  int64_t kernel = 1;    ///< positions of the kernel, k^2 in two dimensions
  int64_t fan_in = 0;    ///< inputs per unit, kernel included; 0 when there is none
  int64_t fan_out = 0;   ///< units
  /// Whether the layer reads what a rectifier (Relu, LeakyRelu, PRelu) made, or its output enters one.
  bool meets_rectifier = false;
};

}  // namespace shatterproof
