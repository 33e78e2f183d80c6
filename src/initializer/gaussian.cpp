// SPDX-License-Identifier: Apache-2.0
#include "shatterproof/initializer/gaussian.h"

#include <ATen/ATen.h>

#include <cmath>

namespace shatterproof {
namespace {
double square_root_of_ratio(double numerator, int64_t denominator) {
  return std::sqrt(numerator / static_cast<double>(denominator));
}
}  // namespace

at::Tensor gaussian_weight(const std::vector<int64_t>& sizes, double std, const RandomStream& stream) {
  at::Tensor weight = at::empty(sizes, at::kFloat);
  stream.gaussian({weight.data_ptr<float>(), static_cast<size_t>(weight.numel())}, std);
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
