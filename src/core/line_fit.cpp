// SPDX-License-Identifier: Apache-2.0
#include "shatterproof/core/line_fit.h"

#include <cassert>
#include <numeric>
#include <vector>

namespace shatterproof {
namespace {

double mean(std::span<const double> numbers) {
  return std::accumulate(numbers.begin(), numbers.end(), 0.0) / static_cast<double>(numbers.size());
}

}  // namespace

LineFit line_fit(std::span<const double> x, std::span<const double> y) {
  assert(x.size() == y.size());
  const double mean_x = mean(x), mean_y = mean(y);
  LineFit fit;
  double products = 0;
  for (size_t i = 0; i < x.size(); ++i) {
    fit.x_squares += (x[i] - mean_x) * (x[i] - mean_x);
    fit.y_squares += (y[i] - mean_y) * (y[i] - mean_y);
    products += (x[i] - mean_x) * (y[i] - mean_y);
  }
  fit.slope = products / fit.x_squares;
  fit.intercept = mean_y - fit.slope * mean_x;
  fit.explained = products * products / (fit.x_squares * fit.y_squares);
  return fit;
}

LineFit line_fit(std::span<const double> y) {
  std::vector<double> x(y.size());
  std::iota(x.begin(), x.end(), 0.0);
  return line_fit(x, y);
}

}  // namespace shatterproof
