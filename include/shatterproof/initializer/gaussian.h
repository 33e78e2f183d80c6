// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <ATen/core/Tensor.h>

#include "shatterproof/core/random.h"
#include "shatterproof/initializer/weight.h"

namespace shatterproof {

/// Independent normals N(0, std^2), element i of the row-major tensor from element i of the stream.
/// Drawn in double, rounded to float32. About 7 ns per number.
at::Tensor gaussian_weight(const std::vector<int64_t>& sizes, double std, const RandomStream& stream);

/// The same without what lies beyond 2 std: a number that does is drawn again, from the stream's elements
/// 2^40 further on. The standard deviation of what is left is .88 std.
at::Tensor truncated_gaussian_weight(const std::vector<int64_t>& sizes, double std,
                                     const RandomStream& stream);

/// Independent numbers between -bound and bound, element i from element i of the stream of uniforms. Their
/// standard deviation is bound / sqrt(3).
at::Tensor uniform_weight(const std::vector<int64_t>& sizes, double bound, const RandomStream& stream);

/// What 2 std leaves of the standard deviation of a Gaussian.
inline constexpr double kTruncatedStd = .87962566103423978;

/// sqrt(2 / n), n = fan_in: keeps E x^2 through a rectifier. He et al. (2015).
double he_std(const WeightShape& shape);
/// sqrt(2 / (n + m)), m = fan_out times kernel positions. Glorot and Bengio (2010).
double glorot_std(const WeightShape& shape);
/// sqrt(1 / n): keeps E x^2 through a linear map. LeCun et al. (1998).
double lecun_std(const WeightShape& shape);
/// sqrt(1 / (3 n)), n = fan_in, of a recurrent layer the units of its state: torch.nn's own.
double pytorch_std(const WeightShape& shape);

}  // namespace shatterproof
