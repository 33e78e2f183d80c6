// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "shatterproof/architecture/conv_feedforward.h"
#include "shatterproof/network/network.h"

namespace shatterproof {

struct ConvResidualOptions : ConvolutionalOptions {
  double beta = 1;  ///< of the branch
};

/// Pairs of convolutions on images [3, 32, 32], with a skip around each pair.
///
///   x_l = x_{l-1} + beta W_l * rho(N(V_l * rho(N(x_{l-1})))), l = 1..L/2
///
/// The rest as conv_feedforward has it; sums are named layer_l.sum. [SG] section 3; He et al. (2016).
Network conv_residual(const ConvResidualOptions& options);

}  // namespace shatterproof
