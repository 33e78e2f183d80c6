// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <ATen/core/Tensor.h>

#include <string>

#include "shatterproof/core/random.h"
#include "shatterproof/initializer/weight.h"

namespace shatterproof {

/// sqrt 2 where the layer meets a rectifier, so that the variance of entries is He's for square weights; 1
/// otherwise.
double orthogonal_gain(const WeightShape& shape);

/// gain Q, Q Haar-distributed: Q^T Q = 1 when fan_out >= fan_in, else Q Q^T = 1.
///
/// Q of the QR decomposition of a Gaussian matrix, in double, columns multiplied by the signs of R's
/// diagonal (Mezzadri, 2007); rounded to float32. Every group of a convolution has a Q of its own, [channels
/// out / groups, fan_in]: its filters are orthonormal vectors, or its columns where there are more filters
/// than numbers in one. Only a square 1 x 1 convolution of stride 1 is an orthogonal map by that. O(fan_out
/// fan_in min(fan_out, fan_in)).
at::Tensor orthogonal_weight(const WeightShape& shape, double gain, const RandomStream& stream);

/// What `orthogonal_weight` cannot keep of an orthogonal map, for the coverage; empty when nothing.
std::string orthogonal_shortfall(const WeightShape& shape);

}  // namespace shatterproof
