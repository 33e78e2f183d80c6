// SPDX-License-Identifier: Apache-2.0
#include "experiment/log_fit.h"

#include <cmath>
#include <cstddef>

namespace shatterproof {

LogFit log_fit(const std::vector<double>& x, const std::vector<double>& logarithms) {
  const auto n = static_cast<double>(x.size());
  double mean_x = 0, mean_y = 0, xx = 0, xy = 0, yy = 0;
  for (size_t i = 0; i < x.size(); ++i) {
    mean_x += x[i] / n;
    mean_y += logarithms[i] / n;
  }
  for (size_t i = 0; i < x.size(); ++i) {
    xx += (x[i] - mean_x) * (x[i] - mean_x);
    xy += (x[i] - mean_x) * (logarithms[i] - mean_y);
    yy += (logarithms[i] - mean_y) * (logarithms[i] - mean_y);
  }
  constexpr double kRounding = 1e-20;  // of logarithms, squared: what is below does not vary
  const double slope = xy / xx;
  LogFit fit{std::exp(slope), std::exp(mean_y - slope * mean_x), {}};
  if (yy > kRounding) fit.quality = xy * xy / (xx * yy);
  return fit;
}

}  // namespace shatterproof
