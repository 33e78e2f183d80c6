// SPDX-License-Identifier: Apache-2.0
#include "examine/student.h"

#include <cmath>

#include "core/incomplete_beta.h"

namespace shatterproof {

double two_sided_probability(double t, double degrees) {
  if (std::isinf(t)) return 0;
  const double whole = degrees + t * t;
  return incomplete_beta(degrees / whole, t * t / whole, degrees / 2, .5);
}

}  // namespace shatterproof
