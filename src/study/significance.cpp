// SPDX-License-Identifier: Apache-2.0
#include "study/significance.h"

#include <cmath>
#include <limits>

#include "core/incomplete_beta.h"

namespace shatterproof {
namespace {

double both_tails(double sigmas) {
  return std::erfc(std::abs(sigmas) / std::sqrt(2.0));
}

// The x from 0 on where a falling function meets `wanted`.
template <typename Function>
double where_it_falls_to(double wanted, Function function) {
  double low = 0, high = 1;
  while (function(high) > wanted && high < std::numeric_limits<double>::max() / 2) high *= 2;
  constexpr double kClose = 1e-12;
  while (high - low > kClose * high) {
    const double middle = (low + high) / 2;
    (function(middle) > wanted ? low : high) = middle;
  }
  return high;
}

}  // namespace

double student_factor(double sigmas, double draws) {
  if (sigmas == 0) return 0;
  const double freedom = draws - 1;
  const double factor = where_it_falls_to(both_tails(sigmas), [&](double t) {
    const double whole = freedom + t * t;
    return incomplete_beta(freedom / whole, t * t / whole, freedom / 2, .5);
  });
  return std::copysign(factor, sigmas);
}

double largest_f(double sigmas, double numbers, double rest) {
  return where_it_falls_to(both_tails(sigmas), [&](double f) {
    const double whole = rest + numbers * f;
    return incomplete_beta(rest / whole, numbers * f / whole, rest / 2, numbers / 2);
  });
}

}  // namespace shatterproof
