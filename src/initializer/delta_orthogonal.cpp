// SPDX-License-Identifier: Apache-2.0
#include "shatterproof/initializer/delta_orthogonal.h"

#include <ATen/ATen.h>

#include "initializer/channel_map.h"
#include "shatterproof/initializer/orthogonal.h"

namespace shatterproof {

at::Tensor delta_orthogonal_weight(const WeightShape& shape, double gain, const RandomStream& stream) {
  if (!shape.is_convolution()) return orthogonal_weight(shape, gain, stream);
  at::Tensor weight = at::zeros(shape.sizes, at::kFloat);
  at::Tensor centre = weight;
  for (size_t axis = shape.sizes.size(); axis-- > 2;) {
    centre = centre.select(static_cast<int64_t>(axis), shape.sizes[axis] / 2);
  }
  centre.copy_(channel_map(shape, gain, stream));
  return weight;
}

std::string delta_orthogonal_shortfall(const WeightShape& shape) {
  if (!shape.is_convolution()) return orthogonal_shortfall(shape);
  if (!shape.keeps_positions)
    return "convolutions that skip or cut off positions, which is no orthogonal map";
  return channel_map_shortfall(shape);
}

}  // namespace shatterproof
