// SPDX-License-Identifier: Apache-2.0
#include "shatterproof/theory/residual.h"

#include <cmath>

namespace shatterproof {

double residual_plain_correlation(int depth, double beta) {
  const double added = beta * beta;
  return std::pow((1 + added / 2) / (1 + added), depth);
}

double residual_plain_variance(int depth, double alpha, double beta) {
  return std::pow(alpha * alpha * (1 + beta * beta), depth);
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

double residual_asymptotic_correlation(int blocks, double beta) {
  return 1 / (std::abs(beta) * std::sqrt(static_cast<double>(blocks)));
}

}  // namespace shatterproof
