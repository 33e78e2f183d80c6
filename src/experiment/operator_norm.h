// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <ATen/core/Tensor.h>

#include "shatterproof/network/layer.h"

namespace shatterproof {

/// The largest singular value of the linear map that a layer makes of `weight`, in double.
///
/// Of a dense layer exact; of a convolution an upper bound, the kernel as a matrix times sqrt n, n the
/// windows that meet at one place. Precondition: finite, and the layer is not recurrent.
/// O(rows^2 columns), rows the smaller side.
double operator_norm(const at::Tensor& weight, const Layer& layer, const Node& node);

}  // namespace shatterproof
