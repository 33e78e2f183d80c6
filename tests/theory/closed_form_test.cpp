// SPDX-License-Identifier: Apache-2.0
// The theorems as they are printed, and the finite products, against their numbers and their limits.
#include <gtest/gtest.h>

#include <cmath>
#include <stdexcept>

#include "shatterproof/examine/setting.h"
#include "shatterproof/theory/feedforward.h"
#include "shatterproof/theory/highway.h"
#include "shatterproof/theory/residual.h"
#include "shatterproof/theory/typical_pair.h"
#include "tests/matchers.h"

namespace shatterproof::closed_form_test {
namespace {

constexpr double kPrintedDigits = 5e-5;  // references are given to four digits
constexpr double kPrintedDigitsOfThree = 5e-4;
constexpr double kRounding = 1e-12;

TEST(FeedforwardTheory, CorrelationHalvesWithEveryLayer) {
  EXPECT_EQ(feedforward_gradient_correlation(0), 1);
  EXPECT_EQ(feedforward_gradient_correlation(3), .125);
}

TEST(FeedforwardTheory, BatchNormLetsGradientsGrow) {
  EXPECT_NEAR(feedforward_batch_norm_growth(1), 1.467, kPrintedDigitsOfThree);
  EXPECT_THAT(feedforward_batch_norm_growth(10), IsNear(std::pow(M_PI / (M_PI - 1), 10), kRounding));
}

TEST(FeedforwardTheory, GradientsOfABatchThatSumToZeroOpposeEachOther) {
  EXPECT_EQ(zero_sum_correlation(2), -1);
  EXPECT_EQ(zero_sum_correlation(256), -1.0 / 255);
  EXPECT_THROW(zero_sum_correlation(1), std::invalid_argument);
}

TEST(ResidualTheory, WithoutNormOneBlockKeepsThreeQuarters) {
  EXPECT_THAT(residual_plain_correlation(10, 1), IsNear(std::pow(.75, 10), kRounding));
  EXPECT_THAT(residual_plain_variance(10, 1, 1), IsNear(1024, kRounding));
  EXPECT_THAT(residual_plain_variance(10, std::sqrt(.5), 1), IsNear(1, kRounding));
  EXPECT_EQ(residual_plain_correlation(10, 0), 1);
}

struct ProductCase {
  int blocks;
  double beta, correlation;
  double digits = kPrintedDigits;
};

TEST(ResidualTheory, CorrelationInTheTheoremsWorldIsTheExactProduct) {
  const ProductCase cases[] = {{50, 1, .1576},  {50, .1, .817, kPrintedDigitsOfThree},
                               {49, 1, .1592},  {50, .2, .579, kPrintedDigitsOfThree},
                               {49, .1, .8196}, {50, .3, .430, kPrintedDigitsOfThree},
                               {49, .2, .5832}, {49, .3, .4339},
                               {5, 1, .4512},   {10, 1, .3364},
                               {20, 1, .2448}};
  for (const ProductCase& row : cases) {
    EXPECT_NEAR(residual_gradient_correlation(row.blocks, row.beta, kUncentredBranch), row.correlation,
                row.digits)
        << row.blocks << " blocks, beta " << row.beta;
  }
}

TEST(ResidualTheory, CentringTakesTheRectifiersMeanAway) {
  const ProductCase cases[] = {{50, 1, .0941},
                               {50, .1, .8071},
                               {2, 1, .610, kPrintedDigitsOfThree},
                               {4, 1, .455, kPrintedDigitsOfThree},
                               {10, 1, .275, kPrintedDigitsOfThree},
                               {24, 1, .156, kPrintedDigitsOfThree}};
  for (const ProductCase& row : cases) {
    EXPECT_NEAR(residual_gradient_correlation(row.blocks, row.beta), row.correlation, row.digits)
        << row.blocks << " blocks, beta " << row.beta;
  }
  EXPECT_NEAR(residual_gradient_variance(50, 1), 153.4, .05);
  EXPECT_NEAR(residual_gradient_variance(50, .1), 1.537, kPrintedDigitsOfThree);
  EXPECT_NEAR(kCentredBranch, 1 - 1 / M_PI, 1e-15);
}

TEST(ResidualTheory, CentredCorrelationFallsWithThePowerOfLargeDepths) {
  const double slope =
      std::log2(residual_gradient_correlation(20'000, 1) / residual_gradient_correlation(10'000, 1));
  EXPECT_NEAR(slope, -.733, kPrintedDigitsOfThree);  // -1 / (2 (1 - 1/pi))
}

TEST(ResidualTheory, GradientsGrowLinearlyInTheTheoremsWorld) {
  for (const int blocks : {1, 5, 10, 20, 50}) {
    EXPECT_NEAR(residual_gradient_variance(blocks, 1, kUncentredBranch), 1 + blocks, 1e-9) << blocks;
    EXPECT_NEAR(residual_gradient_variance(blocks, .3, kUncentredBranch), 1 + .09 * blocks, 1e-9) << blocks;
  }
}

TEST(ResidualTheory, TheAsymptoteIsTheProductsUpToAFactor) {
  constexpr int kMany = 1'000'000;
  constexpr double kNextOrder = 1e-3;  // 1 / (beta^2 n)
  for (const double beta : {.1, .3, 1.0, 2.0}) {
    const double first = 1 / (beta * beta);
    const double factor = beta * std::exp(std::lgamma(first + 1) - std::lgamma(first + .5));
    EXPECT_THAT(residual_gradient_correlation(kMany, beta, kUncentredBranch),
                IsNear(factor * residual_asymptotic_correlation(kMany, beta), kNextOrder))
        << beta;
  }
  EXPECT_GT(residual_asymptotic_correlation(50, .1), 1) << "why it is not shown for small beta";
}

TEST(HighwayTheory, ADepthsOwnScaleKeepsTheCorrelation) {
  const auto automatic = [](int depth) {
    const double gamma2 = std::sqrt(1.0 / depth);
    return highway_gradient_correlation(depth, std::sqrt(1 - gamma2 * gamma2), gamma2);
  };
  EXPECT_NEAR(automatic(50), .6050, kPrintedDigits);
  EXPECT_NEAR(automatic(1'000'000), std::exp(-.5), 1e-6);
  EXPECT_EQ(highway_gradient_correlation(7, 1, 0), 1);
}

// The recursion over blocks says the same as every formula.
TEST(TypicalPair, IsEveryTheoremAtItsPlace) {
  struct Row {
    const char* network;
    double variance, correlation;
  };
  const double gamma2 = .4, gamma1 = std::sqrt(1 - gamma2 * gamma2);
  const Row rows[] = {
      {"feedforward:depth=7,input=9", 1, feedforward_gradient_correlation(7)},
      {"feedforward:depth=7,input=9,norm=batch", 1, feedforward_gradient_correlation(7)},
      {"residual:depth=7,input=9", residual_plain_variance(7, 1, 1), residual_plain_correlation(7, 1)},
      {"residual:depth=7,input=9,alpha=0.8,beta=0.5", residual_plain_variance(7, .8, .5),
       residual_plain_correlation(7, .5)},
      {"residual:depth=50,input=9,norm=batch,beta=0.3", 1 + .09 * 50,
       residual_gradient_correlation(50, .3, kUncentredBranch)},
      {"highway:depth=7,input=9,gamma2=0.4", 1, highway_gradient_correlation(7, gamma1, gamma2)},
      {"residual:depth=2,input=9,layers_per_block=2,beta=1", 2, (1 + .25) / 2},
  };
  for (const Row& row : rows) {
    const GradientMoments at_input = typical_pair(rectifier_stack(setting_of(row.network))).front();
    EXPECT_THAT(at_input.variance, IsNear(row.variance, kRounding)) << row.network;
    EXPECT_THAT(at_input.correlation, IsNear(row.correlation, kRounding)) << row.network;
  }
}

TEST(TypicalPair, RemembersLessTheFartherTheOutputIs) {
  for (const char* network : {"feedforward:depth=9,input=9", "residual:depth=9,input=9,norm=batch",
                              "highway:depth=9,input=9", "residual:depth=8,input=9,layers_per_block=2"}) {
    const std::vector<GradientMoments> moments = typical_pair(rectifier_stack(setting_of(network)));
    EXPECT_EQ(moments.back().correlation, 1) << network;
    for (size_t l = 1; l < moments.size(); ++l) {
      EXPECT_LT(moments[l - 1].correlation, moments[l].correlation) << network << " at " << l;
    }
  }
}

}  // namespace
}  // namespace shatterproof::closed_form_test
