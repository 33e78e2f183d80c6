// SPDX-License-Identifier: Apache-2.0
#include "core/incomplete_beta.h"

#include <cmath>

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

}  // namespace

double incomplete_beta(double x, double y, double a, double b) {
  if (x <= 0) return 0;
  if (y <= 0) return 1;
  if (x > (a + 1) / (a + b + 2)) return 1 - incomplete_beta(y, x, b, a);
  const double factor =
      std::exp(std::lgamma(a + b) - std::lgamma(a) - std::lgamma(b) + a * std::log(x) + b * std::log(y));
  return factor * continued_fraction(x, a, b) / a;
}

}  // namespace shatterproof
