// SPDX-License-Identifier: Apache-2.0
#include "theory/scalar_inputs.h"

#include <cmath>
#include <string>

#include "shatterproof/core/error.h"

namespace shatterproof {
namespace {

constexpr int64_t kMostPoints = 1024;
constexpr int64_t kNormalPoints = 201;
constexpr double kNormalEnd = 6;

std::vector<double> spaced(double from, double to, int64_t points) {
  std::vector<double> x;
  const double step = (to - from) / static_cast<double>(points - 1);
  for (int64_t i = 0; i < points; ++i) x.push_back(from + step * static_cast<double>(i));
  return x;
}

}  // namespace

double ScalarInputs::pair_weight() const {
  double same = 0;
  for (const double weight : weights) same += weight * weight;
  return distinct ? 1 - same : 1;
}

ScalarInputs scalar_inputs(const Setting& setting) {
  ScalarInputs inputs;
  if (runs_on_grid(setting)) {
    const InputGrid grid = input_grid(setting);
    if (grid.points > kMostPoints) {
      reject("predict", "pairs are followed on grids of at most " + std::to_string(kMostPoints) + " points",
             std::to_string(grid.points));
    }
    inputs.x = spaced(grid.from, grid.to, grid.points);
    inputs.weights.assign(inputs.x.size(), 1 / static_cast<double>(grid.points));
    inputs.distinct = true;
    return inputs;
  }
  inputs.x = spaced(-kNormalEnd, kNormalEnd, kNormalPoints);
  double total = 0;
  for (const double x : inputs.x) {
    inputs.weights.push_back(std::exp(-x * x / 2));
    total += inputs.weights.back();
  }
  for (double& weight : inputs.weights) weight /= total;
  return inputs;
}

}  // namespace shatterproof
