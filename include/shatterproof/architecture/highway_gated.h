// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "shatterproof/architecture/fully_connected.h"
#include "shatterproof/network/network.h"

namespace shatterproof {

struct HighwayGatedOptions : FullyConnectedOptions {
  double gate_bias = -2;  ///< of every gate: below 0 the skip is the wider way
};

/// Skips and branches weighted by a gate that the state itself sets.
///
///   x_l = T(x_{l-1}) . H(x_{l-1}) + (1 - T(x_{l-1})) . x_{l-1}, l = 1..L;   f = w . x_L
///   H(x) = rho(N(W_l x)),   T(x) = sigmoid(U_l x + gate_bias)
///
/// `.` multiplies unit by unit. With `crelu` H has, and so does the state, 2 width units. Inputs and errors
/// as in `residual`; W_l is named layer_l, U_l layer_l.gate, the sum layer_l.sum. Srivastava et al. (2015).
Network highway_gated(const HighwayGatedOptions& options);

}  // namespace shatterproof
