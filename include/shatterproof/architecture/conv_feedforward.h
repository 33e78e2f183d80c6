// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "shatterproof/network/network.h"

namespace shatterproof {

/// What the convolutional families of [SG] share.
struct ConvolutionalOptions {
  int64_t depth = 24;               ///< rectifier layers, L; even
  int64_t width = 16;               ///< channels between pairs of convolutions
  int64_t bottleneck = 0;           ///< channels within a pair; 0: half of `width`, at least 1
  int64_t output = 10;              ///< classes
  std::string activation = "relu";  ///< see NetworkBuilder::activation
  std::optional<double> slope;      ///< below 0, of prelu and leaky_relu
  std::string norm = "batch";       ///< none or batch, before each nonlinearity
};

/// Pairs of convolutions on images [3, 32, 32], one after the other.
///
///   x_l = W_l * rho(N(V_l * rho(N(x_{l-1})))), l = 1..L/2;   f = w . mean over positions of x_{L/2}
///
/// V_l takes `width` channels to `bottleneck`, W_l back, both 3 x 3 with stride 1 and without bias; a first
/// convolution, `projection`, takes the image's 3 channels to `width`. The same layers as conv_residual,
/// without its skips. Layers are named layer_1 to layer_L, weights zero until initialized. Throws
/// std::invalid_argument on an odd depth and sizes out of range. [SG] section 3.
Network conv_feedforward(const ConvolutionalOptions& options);

}  // namespace shatterproof
