// SPDX-License-Identifier: Apache-2.0
#include "shatterproof/initializer/orthogonal.h"

#include <ATen/ATen.h>

#include <cmath>

namespace shatterproof {
namespace {

// Groups of a convolution read channels of their own: each is a map by itself.
int64_t units_per_map(const WeightShape& shape) {
  return shape.fan_out / shape.groups;
}

}  // namespace

double orthogonal_gain(const WeightShape& shape) {
  return shape.meets_rectifier ? std::sqrt(2.0) : 1.0;
}

at::Tensor orthogonal_weight(const WeightShape& shape, double gain, const RandomStream& stream) {
  const int64_t units = units_per_map(shape);
  at::Tensor gaussian = at::empty({shape.matrices * shape.groups, units, shape.fan_in}, at::kDouble);
  stream.gaussian({gaussian.data_ptr<double>(), static_cast<size_t>(gaussian.numel())});
  const bool wide = units < shape.fan_in;
  const auto [q, r] = at::linalg_qr(wide ? gaussian.transpose(-1, -2) : gaussian);
  const at::Tensor diagonal = r.diagonal(0, -2, -1);
  const at::Tensor sign = at::where(diagonal < 0, -at::ones_like(diagonal), at::ones_like(diagonal));
  const at::Tensor haar = q * sign.unsqueeze(-2);
  return ((wide ? haar.transpose(-1, -2) : haar) * gain).to(at::kFloat).contiguous().view(shape.sizes);
}

std::string orthogonal_shortfall(const WeightShape& shape) {
  if (shape.is_convolution() && (shape.kernel > 1 || !shape.keeps_positions)) {
    if (units_per_map(shape) <= shape.fan_in)
      return "convolutions with orthonormal filters, which are not orthogonal maps";
    return "convolutions with more filters than a filter has numbers, so only columns are orthonormal";
  }
  if (shape.fan_in != units_per_map(shape))
    return "rectangular, so only rows or only columns are orthonormal";
  return "";
}

}  // namespace shatterproof
