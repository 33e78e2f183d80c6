// SPDX-License-Identifier: Apache-2.0
#include "shatterproof/initializer/looks_linear.h"

#include <ATen/ATen.h>

#include <algorithm>

#include "initializer/channel_map.h"
#include "shatterproof/initializer/delta_orthogonal.h"
#include "shatterproof/initializer/orthogonal.h"

namespace shatterproof {
namespace {

// 0.28 for 2 x 2 taps; 1 / taps would be the mean of the block.
constexpr double kStridedScale = 1.12;

// Taps of a strided axis: the centre and the one before it, as far as the kernel has it.
int64_t first_tap(const WeightShape& shape, size_t axis) {
  const int64_t centre = shape.sizes[axis] / 2;
  return shape.strides[axis - 2] > 1 ? std::max<int64_t>(0, centre - 1) : centre;
}

bool is_strided(const WeightShape& shape) {
  return std::any_of(shape.strides.begin(), shape.strides.end(), [](int64_t stride) { return stride > 1; });
}

}  // namespace

at::Tensor looks_linear_core(const WeightShape& core, const RandomStream& stream) {
  if (!is_strided(core)) return delta_orthogonal_weight(core, 1, stream);
  at::Tensor weight = at::zeros(core.sizes, at::kFloat);
  at::Tensor block = weight;
  int64_t taps = 1;
  for (size_t axis = 2; axis < core.sizes.size(); ++axis) {
    const int64_t first = first_tap(core, axis), count = core.sizes[axis] / 2 - first + 1;
    block = block.narrow(static_cast<int64_t>(axis), first, count);
    taps *= count;
  }
  const double scale = taps == 1 ? 1 : kStridedScale / static_cast<double>(taps);
  at::Tensor map = channel_map(core, scale, stream);
  while (map.dim() < block.dim()) map = map.unsqueeze(-1);
  block.copy_(map.expand_as(block));
  return weight;
}

std::string looks_linear_shortfall(const WeightShape& core) {
  if (is_strided(core)) return "strided convolutions, which average blocks of positions: no orthogonal map";
  return delta_orthogonal_shortfall(core);
}

}  // namespace shatterproof
