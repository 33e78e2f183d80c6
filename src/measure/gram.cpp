// SPDX-License-Identifier: Apache-2.0
#include "measure/gram.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <cmath>

#include "measure/column_sums.h"
#include "measure/per_tap.h"

namespace shatterproof {
namespace {

// What is doubled in precision at a time: 32 MiB, not the whole matrix.
constexpr int64_t kNumbersAtOnce = int64_t{1} << 22;

// visit(block): blocks of the matrix along an axis, in double, less the mean.
template <typename Visit>
void each_centered_block(const at::Tensor& matrix, const at::Tensor& mean, int64_t axis, Visit visit) {
  const int64_t length = matrix.size(axis);
  const int64_t step = std::max<int64_t>(1, kNumbersAtOnce / std::max<int64_t>(1, matrix.size(1 - axis)));
  for (int64_t first = 0; first < length; first += step) {
    const int64_t count = std::min(step, length - first);
    at::Tensor block = matrix.narrow(axis, first, count).to(at::kDouble);
    if (mean.defined()) {
      const at::Tensor part = axis == 1 ? mean.narrow(0, first, count) : mean;
      block = block - part.to(matrix.device());
    }
    visit(block);
  }
}

at::Tensor square_of_zeros(const at::Tensor& matrix, int64_t size) {
  return at::zeros({size, size}, matrix.options().dtype(at::kDouble));
}

}  // namespace

MeanGradient mean_gradient(const at::Tensor& gradients) {
  ColumnMoments moments;
  moments.add(gradients);
  if (moments.rows < 2) return {.undefined = kOneExample};
  const auto numbers = static_cast<int64_t>(moments.sums.size());
  at::Tensor mean = at::empty({numbers}, at::kDouble);
  double size = 0, spread = 0;
  for (int64_t d = 0; d < numbers; ++d) {
    const double center = moments.mean(static_cast<size_t>(d));
    const double variance = moments.variance(static_cast<size_t>(d));
    mean.data_ptr<double>()[d] = center;
    spread += variance;
    size += center * center + variance;
  }
  const double constant = constant_within(gradients.scalar_type());
  if (!std::isfinite(size)) return {.undefined = kNotFinite};
  if (size == 0) return {.undefined = kZeroGradient};
  if (spread <= constant * constant * size) return {.undefined = kSameGradient};
  return {.mean = mean};
}

at::Tensor gram_of_rows(const at::Tensor& matrix, const at::Tensor& mean) {
  at::Tensor gram = square_of_zeros(matrix, matrix.size(0));
  each_centered_block(matrix, mean, 1, [&](const at::Tensor& block) { gram.addmm_(block, block.t()); });
  return gram.to(at::kCPU);
}

at::Tensor gram_of_columns(const at::Tensor& matrix, const at::Tensor& mean) {
  at::Tensor gram = square_of_zeros(matrix, matrix.size(1));
  each_centered_block(matrix, mean, 0, [&](const at::Tensor& block) { gram.addmm_(block.t(), block); });
  return gram.to(at::kCPU);
}

}  // namespace shatterproof
