// SPDX-License-Identifier: Apache-2.0
#include "shatterproof/theory/highway.h"

#include <cmath>

namespace shatterproof {

double highway_gradient_correlation(int depth, double gamma1, double gamma2) {
  return std::pow(gamma1 * gamma1 + gamma2 * gamma2 / 2, depth);
}

}  // namespace shatterproof
