// SPDX-License-Identifier: Apache-2.0
#include "shatterproof/theory/feedforward.h"

#include <cmath>
#include <string>

#include "shatterproof/core/error.h"

namespace shatterproof {

double feedforward_gradient_correlation(int depth) {
  return std::exp2(-depth);
}

double feedforward_batch_norm_growth(int depth) {
  return std::pow(kCentredVariance, -depth);
}

double zero_sum_correlation(int examples) {
  if (examples < 2)
    reject("zero_sum_correlation", "at least two examples are needed", std::to_string(examples));
  return -1.0 / (examples - 1);
}

}  // namespace shatterproof
