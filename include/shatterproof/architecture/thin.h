// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "shatterproof/network/network.h"

namespace shatterproof {

struct ThinOptions {
  int64_t depth = 30;               ///< convolutions and the last linear map: 4 m + 2
  bool crelu = false;               ///< (rho(z), rho(-z)) for rho(z), filters divided by sqrt 2
  std::string activation = "relu";  ///< see NetworkBuilder::activation
  std::optional<double> slope;      ///< below 0, of prelu and leaky_relu
  bool skip = false;                ///< skips around two modules; m is then odd
  std::optional<double> gamma2;     ///< of the branch; 2 / (4 m) unless given
  std::optional<double> gamma1;     ///< of the skip; sqrt(1 - gamma2^2) unless given
  double dropout = 0;               ///< ratio in section 1; s times it in section s
};

/// Deep networks of few filters for images [3, 32, 32] in ten classes, without normalization.
///
///   four sections of m modules, one more convolution, a linear map of 64 x 2 x 2 numbers to 10
///   module: rho(W * x + b), 3 x 3; filters 8, 16, 32, 64 in the sections
///   the first convolution of sections 2 to 4 and the one more have stride 2: 32 -> 16 -> 8 -> 4 -> 2
///
/// With CReLU a module is W * crelu(x) + b, the image itself is rectified (3 -> 6 channels), and so is what
/// the last linear map reads; filters 5, 11, 22, 45 keep the number of parameters. With skips, after each
/// section's first module, x <- gamma1 x + gamma2 y, y two modules on x; the factors are not trained.
/// Layers are named layer_1 to layer_depth, weights and biases zero until initialized. Throws
/// std::invalid_argument on a depth that is no 4 m + 2, an even m with skips, and factors out of range. [SG]
/// section 4, the authors' settings.
Network thin(const ThinOptions& options);

}  // namespace shatterproof
