// SPDX-License-Identifier: Apache-2.0
#include "shatterproof/dataset/grid.h"

#include <ATen/ATen.h>
#include <fmt/format.h>

#include <cmath>

#include "dataset/limits.h"
#include "shatterproof/core/error.h"

namespace shatterproof {

at::Tensor grid(double from, double to, int64_t points) {
  if (!std::isfinite(from) || !std::isfinite(to) || !(from < to)) {
    reject("grid", "must go from a number to a larger one", fmt::format("{} to {}", from, to));
  }
  if (points < 2 || points > kMostExamples) {
    reject("grid", fmt::format("points must be from 2 to {}", kMostExamples), std::to_string(points));
  }
  at::Tensor x = at::empty({points, 1}, at::kFloat);
  float* out = x.data_ptr<float>();
  const double step = (to - from) / static_cast<double>(points - 1);
  for (int64_t i = 0; i < points; ++i) out[i] = static_cast<float>(from + step * static_cast<double>(i));
  return x;
}

}  // namespace shatterproof
