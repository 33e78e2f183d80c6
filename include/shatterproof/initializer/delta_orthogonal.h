// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <ATen/core/Tensor.h>

#include <string>

#include "shatterproof/core/random.h"
#include "shatterproof/initializer/weight.h"

namespace shatterproof {

/// A convolution that is an orthogonal map; a dense weight as `orthogonal_weight`.
///
///   w[:, :, centre] = gain Q,   w[:, :, elsewhere] = 0,   Q [channels out, channels in] Haar-distributed
///
/// centre: k / 2 along every axis. The output at a position is gain Q times the input there, so ||w * x|| =
/// gain ||x|| when there are as many channels out as in, the stride is 1 and half a kernel of zeros pads the
/// input (`WeightShape::keeps_positions`). Fewer channels out: only Q Q^T = 1. Each group of a grouped
/// convolution has a Q of its own. O(channels out channels in min(channels out, channels in)).
/// After Xiao et al. (2018).
at::Tensor delta_orthogonal_weight(const WeightShape& shape, double gain, const RandomStream& stream);

/// What `delta_orthogonal_weight` cannot keep of an orthogonal map, for the coverage; empty when nothing.
std::string delta_orthogonal_shortfall(const WeightShape& shape);

}  // namespace shatterproof
