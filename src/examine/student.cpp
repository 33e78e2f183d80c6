// SPDX-License-Identifier: Apache-2.0
#include "examine/student.h"

#include <cmath>

namespace shatterproof {
namespace {

// The continued fraction of the incomplete beta function, after Lentz; it converges fast for
// x < (a + 1) / (a + b + 2).
double fraction(double x, double a, double b) {
  constexpr int kMost = 1000;
  constexpr double kTiny = 1e-300, kEnough = 1e-14;
  double c = 1, d = 1 / (1 - (a + b) * x / (a + 1)), value = d;
  for (int m = 1; m < kMost; ++m) {
    const double even = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m));
    const double odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1));
    double factor = 1;
    for (const double term : {even, odd}) {
      d = 1 + term * d;
      c = 1 + term / c;
      if (std::abs(d) < kTiny) d = kTiny;
      if (std::abs(c) < kTiny) c = kTiny;
      d = 1 / d;
      factor = c * d;
      value *= factor;
    }
    if (std::abs(factor - 1) < kEnough) break;
  }
  return value;
}

// I_x(a, b), the regularized incomplete beta function; `y` is 1 - x.
double incomplete_beta(double x, double y, double a, double b) {
  if (x <= 0) return 0;
  if (y <= 0) return 1;
  if (x > (a + 1) / (a + b + 2)) return 1 - incomplete_beta(y, x, b, a);
  const double front =
      std::exp(std::lgamma(a + b) - std::lgamma(a) - std::lgamma(b) + a * std::log(x) + b * std::log(y));
  return front * fraction(x, a, b) / a;
}

}  // namespace

double two_sided_probability(double t, double degrees) {
  if (std::isinf(t)) return 0;
  const double whole = degrees + t * t;
  return incomplete_beta(degrees / whole, t * t / whole, degrees / 2, .5);
}

}  // namespace shatterproof
