// SPDX-License-Identifier: Apache-2.0
#include "shatterproof/theory/residual.h"

#include <gtest/gtest.h>

#include <cmath>

namespace shatterproof {
namespace {

constexpr double kPrintedDigits = 5e-5;  // the references are given to four digits

TEST(ResidualTheory, CorrelationInTheTheoremsWorldIsTheExactProduct) {
  EXPECT_NEAR(residual_gradient_correlation(50, 1, kUncentredBranch), .1576, kPrintedDigits);
  EXPECT_NEAR(residual_gradient_correlation(50, .1, kUncentredBranch), .8168, kPrintedDigits);
  EXPECT_NEAR(residual_gradient_correlation(49, .2, kUncentredBranch), .5832, kPrintedDigits);
  EXPECT_NEAR(residual_gradient_correlation(5, 1, kUncentredBranch), .4512, kPrintedDigits);
}

TEST(ResidualTheory, CentringTakesTheRectifiersMeanAway) {
  EXPECT_NEAR(residual_gradient_correlation(50, 1), .0941, kPrintedDigits);
  EXPECT_NEAR(residual_gradient_correlation(50, .1), .8071, kPrintedDigits);
  EXPECT_NEAR(residual_gradient_variance(50, 1), 153.4, .05);
  EXPECT_NEAR(kCentredBranch, 1 - 1 / M_PI, 1e-15);
}

TEST(ResidualTheory, GradientsGrowLinearlyInTheTheoremsWorld) {
  for (const int blocks : {1, 5, 10, 20, 50}) {
    EXPECT_NEAR(residual_gradient_variance(blocks, 1, kUncentredBranch), 1 + blocks, 1e-9) << blocks;
    EXPECT_NEAR(residual_gradient_variance(blocks, .3, kUncentredBranch), 1 + .09 * blocks, 1e-9) << blocks;
  }
}

TEST(FeedforwardTheory, CorrelationHalvesWithEveryLayer) {
  EXPECT_EQ(feedforward_gradient_correlation(0), 1);
  EXPECT_EQ(feedforward_gradient_correlation(3), .125);
}

}  // namespace
}  // namespace shatterproof
