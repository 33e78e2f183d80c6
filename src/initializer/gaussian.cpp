// SPDX-License-Identifier: Apache-2.0
#include "shatterproof/initializer/gaussian.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <array>
#include <cmath>

namespace shatterproof {
namespace {
double square_root_of_ratio(double numerator, int64_t denominator) {
  return std::sqrt(numerator / static_cast<double>(denominator));
}
}  // namespace

at::Tensor gaussian_weight(const std::vector<int64_t>& sizes, double std, const RandomStream& stream) {
  constexpr size_t kChunk = 4096;
  at::Tensor weight = at::empty(sizes, at::kFloat);
  float* out = weight.data_ptr<float>();
  const auto count = static_cast<size_t>(weight.numel());
  std::array<double, kChunk> normals;
  for (size_t first = 0; first < count; first += kChunk) {
    const size_t drawn = std::min(kChunk, count - first);
    stream.gaussian({normals.data(), drawn}, first);
    for (size_t i = 0; i < drawn; ++i) out[first + i] = static_cast<float>(std * normals[i]);
  }
  return weight;
}

double he_std(const WeightShape& shape) {
  return square_root_of_ratio(2, shape.fan_in);
}

double glorot_std(const WeightShape& shape) {
  return square_root_of_ratio(2, shape.fan_in + shape.fan_out * shape.kernel);
}

double lecun_std(const WeightShape& shape) {
  return square_root_of_ratio(1, shape.fan_in);
}

}  // namespace shatterproof
