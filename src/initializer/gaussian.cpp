// SPDX-License-Identifier: Apache-2.0
#include "shatterproof/initializer/gaussian.h"

#include <ATen/ATen.h>

#include <array>
#include <cmath>
#include <span>
#include <vector>

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

at::Tensor truncated_gaussian_weight(const std::vector<int64_t>& sizes, double std,
                                     const RandomStream& stream) {
  constexpr double kBound = 2;
  constexpr uint64_t kNextDraw = uint64_t{1} << 40;
  at::Tensor drawn = at::empty(sizes, at::kDouble);
  const std::span<double> numbers{drawn.data_ptr<double>(), static_cast<size_t>(drawn.numel())};
  stream.gaussian(numbers);
  for (size_t i = 0; i < numbers.size(); ++i) {
    // Four at a time is what the stream gives.
    std::array<double, 4> again;
    for (uint64_t first = i & ~uint64_t{3}; std::abs(numbers[i]) >= kBound;) {
      first += kNextDraw;
      stream.gaussian(again, first);
      numbers[i] = again[i & 3];
    }
  }
  return (drawn * std).to(at::kFloat);
}

at::Tensor uniform_weight(const std::vector<int64_t>& sizes, double bound, const RandomStream& stream) {
  at::Tensor drawn = at::empty(sizes, at::kDouble);
  stream.uniform({drawn.data_ptr<double>(), static_cast<size_t>(drawn.numel())});
  return ((2 * drawn - 1) * bound).to(at::kFloat);
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

double pytorch_std(const WeightShape& shape) {
  return square_root_of_ratio(1, 3 * (shape.state > 0 ? shape.state : shape.fan_in));
}

}  // namespace shatterproof
