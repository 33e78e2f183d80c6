// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "shatterproof/architecture/fully_connected.h"
#include "shatterproof/core/spec.h"
#include "shatterproof/network/network.h"

namespace shatterproof {

struct FeedforwardOptions : FullyConnectedOptions {
  DepthCount count = DepthCount::rectifiers;
  double hidden_bias_std = 0;  ///< biases of hidden linear maps are N(0, hidden_bias_std^2); 0: no biases
};

/// Rectifier layers one after the other.
///
///   x_l = rho(N(W_l x_{l-1})), l = 1..L;   f = w . x_L
///
/// With a scalar input the first layer rectifies the embedding itself, x_1 = rho(N(x_0)). Counting linear
/// maps: linear, norm, nonlinearity, repeated, ending with the L-th linear map, without readout.
/// Linear maps are named layer_l (l the rectifier they feed), weights zero until initialized. Throws
/// std::invalid_argument on sizes out of range and unknown names. [SG] section 3, [GE] section 3.
Network feedforward(const FeedforwardOptions& options);

/// The options that `feedforward:depth=3` gives. Throws std::invalid_argument on unknown ones (naming the
/// known ones) and on values out of range.
FeedforwardOptions feedforward_options(const Spec& values);

}  // namespace shatterproof
