// SPDX-License-Identifier: Apache-2.0
#include "shatterproof/theory/typical_pair.h"

#include <cmath>

namespace shatterproof {

std::vector<double> state_variances(const RectifierStack& stack, double branch_variance) {
  const bool normalized = stack.norm == RectifierStack::Norm::batch;
  std::vector<double> variances = {stack.first_variance};
  for (const RectifierBlock& block : stack.blocks) {
    const double variance = variances.back();
    const double branch = branch_variance * (normalized ? 1 : variance);
    variances.push_back(block.skip * block.skip * variance + block.branch * block.branch * branch);
  }
  return variances;
}

std::vector<GradientMoments> typical_pair(const RectifierStack& stack) {
  RectifierStack theorems = stack;
  theorems.first_variance = 1;
  const std::vector<double> variances = state_variances(theorems, 1);
  const bool normalized = stack.norm == RectifierStack::Norm::batch;
  std::vector<GradientMoments> moments(stack.blocks.size() + 1);
  for (size_t l = stack.blocks.size(); l-- > 0;) {
    const RectifierBlock& block = stack.blocks[l];
    const double skip = block.skip * block.skip;
    const double branch = block.branch * block.branch / (normalized ? variances[l] : 1);
    const double coactive = std::exp2(-static_cast<double>(block.rectifiers));
    const GradientMoments& behind = moments[l + 1];
    moments[l] = {(skip + branch) * behind.variance,
                  (skip + branch * coactive) / (skip + branch) * behind.correlation};
  }
  return moments;
}

}  // namespace shatterproof
