// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <ATen/core/Tensor.h>

#include <string>

#include "shatterproof/core/random.h"
#include "shatterproof/initializer/weight.h"

namespace shatterproof {

/// gain Q, Q Haar-distributed over the channels of a convolution, one Q per group: float32 [channels out,
/// channels in / groups].
at::Tensor channel_map(const WeightShape& convolution, double gain, const RandomStream& stream);

/// What keeps Q from preserving norms, for the coverage; empty when nothing does.
std::string channel_map_shortfall(const WeightShape& convolution);

}  // namespace shatterproof
