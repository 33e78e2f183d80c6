// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <ATen/core/Tensor.h>

#include "shatterproof/initializer/weight.h"
#include "shatterproof/network/layer.h"

namespace shatterproof {

/// What an initializer is told of a layer's weight, which must be a parameter. Throws std::invalid_argument
/// naming the node on a convolution whose attributes do not fit its weight.
WeightShape shape_of(const Network& network, const Structure& view, const Layer& layer);

/// A weight drawn in that shape, [fan_out, fan_in] and so on, as a layer with Layer::input_major stores it:
/// channels change places within their group.
at::Tensor input_major(const Layer& layer, const WeightShape& shape, const at::Tensor& drawn);

}  // namespace shatterproof
