// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "shatterproof/architecture/fully_connected.h"
#include "shatterproof/network/network.h"

namespace shatterproof {

struct DenseOptions : FullyConnectedOptions {
  int64_t growth = 32;  ///< units that every layer adds
};

/// Every layer sees the concatenation of all earlier ones.
///
///   x_l = (x_{l-1}, W_l rho(N(x_{l-1}))), l = 1..L;   f = w . x_L
///
/// x_0 has `width` units, x_l has width + l growth. Inputs, names and errors as in `residual`; the
/// concatenation is named layer_l.joined. Huang et al. (2017), without their bottlenecks and transitions.
Network dense(const DenseOptions& options);

}  // namespace shatterproof
