// SPDX-License-Identifier: Apache-2.0
#include "study/significance.h"

#include <cmath>
#include <limits>

namespace shatterproof {
namespace {

// Of I_x(a, b) without its leading factor; converges quickly for x < (a + 1)/(a + b + 2). Lentz' method.
double continued_fraction(double x, double a, double b) {
  constexpr double kTiny = 1e-300, kClose = 1e-15;
  constexpr int kMostTerms = 10'000;
  const auto kept_from_zero = [](double value) { return std::abs(value) < kTiny ? kTiny : value; };
  double above = 1, below = 1 / kept_from_zero(1 - (a + b) * x / (a + 1)), value = below;
  for (int m = 1; m < kMostTerms; ++m) {
    double change = 1;
    const double even = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m));
    const double odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1));
    for (const double term : {even, odd}) {
      below = 1 / kept_from_zero(1 + term * below);
      above = kept_from_zero(1 + term / above);
      change = below * above;
      value *= change;
    }
    if (std::abs(change - 1) < kClose) break;
  }
  return value;
}

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

double incomplete_beta(double x, double a, double b) {
  if (x <= 0 || x >= 1) return x <= 0 ? 0 : 1;
  const double factor =
      std::exp(std::lgamma(a + b) - std::lgamma(a) - std::lgamma(b) + a * std::log(x) + b * std::log1p(-x));
  const bool lies_low = x < (a + 1) / (a + b + 2);
  return lies_low ? factor * continued_fraction(x, a, b) / a
                  : 1 - factor * continued_fraction(1 - x, b, a) / b;
}

double student_factor(double sigmas, double draws) {
  if (sigmas == 0) return 0;
  const double freedom = draws - 1;
  const double factor = where_it_falls_to(both_tails(sigmas), [&](double t) {
    return incomplete_beta(freedom / (freedom + t * t), freedom / 2, .5);
  });
  return std::copysign(factor, sigmas);
}

double largest_f(double sigmas, double numbers, double rest) {
  return where_it_falls_to(both_tails(sigmas), [&](double f) {
    return incomplete_beta(rest / (rest + numbers * f), rest / 2, numbers / 2);
  });
}

}  // namespace shatterproof
