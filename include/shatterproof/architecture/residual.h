// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "shatterproof/architecture/fully_connected.h"
#include "shatterproof/core/spec.h"
#include "shatterproof/network/network.h"

namespace shatterproof {

struct ResidualOptions : FullyConnectedOptions {
  DepthCount count = DepthCount::rectifiers;
  double alpha = 1;               ///< of skip and branch together
  double beta = 1;                ///< of the branch
  int64_t layers_per_block = 1;   ///< rectifier layers on a branch, 1 or 2
  std::string skip = "identity";  ///< or a matrix, not trained, where a branch has two layers: gaussian, N(0,
                                  ///< 1/width), or orthogonal
};

/// Skips around pre-activation branches.
///
///   x_l = alpha (x_{l-1} + beta W_l rho(N(x_{l-1}))), l = 1..L;   f = w . x_L
///
/// Two layers per block: the branch is W_l rho(N(V_l rho(N(x)))), L is even and there are L/2 sums. A vector
/// input whose dimension is not the width first passes a linear map `projection` ~ N(0, 1/input). With a
/// skip matrix S_l the block is alpha (S_l x_{l-1} + ...), S_l named layer_l.matrix. Counting
/// linear maps: a first linear map, the blocks, norm, nonlinearity, a last linear map.
/// Linear maps are named layer_l (l the rectifier they read, or their own number), sums layer_l.sum. Throws
/// std::invalid_argument likewise. [SG] equation 2; He et al. (2016); [GE] section 4.
Network residual(const ResidualOptions& options);

/// The options that `residual:depth=3` gives. Throws std::invalid_argument on unknown ones (naming the known
/// ones) and on values out of range.
ResidualOptions residual_options(const Spec& values);

}  // namespace shatterproof
