// SPDX-License-Identifier: Apache-2.0
#include "diagnose/growth.h"

#include <gtest/gtest.h>

#include <cmath>

#include "shatterproof/theory/growth.h"
#include "tests/matchers.h"

namespace shatterproof::growth_test {
namespace {

constexpr double kExact = 1e-12;

// The same by the theory that follows lengths block by block.
double followed(double beta, int layers) {
  ScaleStack stack;
  stack.phi = nonlinearity_of("relu");
  stack.norm = ScaleStack::Norm::batch;
  stack.weight_variance = 2;
  stack.blocks.assign(static_cast<size_t>(layers), {1, beta, 1});
  double total = 1;
  for (const BlockScale& scale : follow_scales(stack)) total *= scale.nonlinearity;
  return total;
}

TEST(GrowthWithSkips, IsTheDilutionFormulaBlockByBlock) {
  EXPECT_THAT(growth_with_skips(1.4, 1, 1), IsNear(std::sqrt(1 + .96 / 2), kExact));
  EXPECT_THAT(growth_with_skips(1.4, 2, .5), IsNear(std::sqrt((1 + .96 / 5) * (1 + .96 / 6)), kExact));
  EXPECT_THAT(growth_with_skips(1, 50, 1), IsNear(1, kExact));
}

// Mean field of whole residual networks, with the mean that batch norm takes away counted exactly.
TEST(GrowthWithSkips, IsCloseToThatOfWholeNetworks) {
  constexpr double kMeanOfRectifiers = .06;
  for (const double beta : {1.0, .2}) {
    EXPECT_THAT(growth_with_skips(batch_norm_growth(nonlinearity_of("relu")), 50, beta),
                IsNear(followed(beta, 50), kMeanOfRectifiers));
  }
}

TEST(GrowthWithScaledBranches, FollowsFromTheBlocksOwnGrowth) {
  EXPECT_THAT(growth_with_scaled_branches(7, 5, 2, 1), IsNear(7, kExact)) << "nothing scaled";
  EXPECT_THAT(growth_with_scaled_branches(1, 5, 2, .1), IsNear(1, kExact));
  const double own = 1.3, k = 1.5;
  const double total = std::pow(diluted_growth(own, k), 6);
  EXPECT_THAT(growth_with_scaled_branches(total, 6, k, .5),
              IsNear(std::pow(diluted_growth(own, 3), 6), kExact));
}

TEST(GainWithScaledBranches, AddsBlocksInSquares) {
  EXPECT_THAT(gain_with_scaled_branches(7, 5, 1), IsNear(7, kExact)) << "nothing scaled";
  EXPECT_THAT(gain_with_scaled_branches(std::pow(2, 20), 40, .5), IsNear(std::pow(1.25, 20), kExact));
}

}  // namespace
}  // namespace shatterproof::growth_test
