// SPDX-License-Identifier: Apache-2.0
#include "shatterproof/theory/residual.h"

#include <cmath>

namespace shatterproof {

double feedforward_gradient_correlation(int depth) {
  return std::exp2(-depth);
}

double residual_gradient_correlation(int blocks, double beta, double branch) {
  const double added = beta * beta;
  double correlation = 1;
  for (int l = 0; l < blocks; ++l) {
    const double variance = 1 + branch * added * l;
    correlation *= (variance + added / 2) / (variance + added);
  }
  return correlation;
}

double residual_gradient_variance(int blocks, double beta, double branch) {
  const double added = beta * beta;
  double growth = 1;
  for (int l = 0; l < blocks; ++l) growth *= 1 + added / (1 + branch * added * l);
  return growth;
}

}  // namespace shatterproof
