// SPDX-License-Identifier: Apache-2.0
#include "shatterproof/measure/relative_effective_rank.h"

#include "shatterproof/measure/effective_rank.h"
#include "tests/matchers.h"
#include "tests/support/fake_taps.h"

namespace shatterproof {
namespace {

TEST(RelativeEffectiveRank, OfWhiteGradientsIsOneWithinItsStandardError) {
  const int seeds = 40;
  double sum = 0, squares = 0;
  for (uint64_t seed = 1; seed <= seeds; ++seed) {
    const double value = relative_effective_rank(3 + 0.1 * gaussian_tensor("g", {30, 20}, seed)).value();
    sum += value;
    squares += value * value;
  }
  const double mean = sum / seeds, variance = squares / seeds - mean * mean;
  // The reference is itself a mean of 20 draws.
  EXPECT_NEAR(mean, 1, 4 * std::sqrt(variance * (1.0 / seeds + 1.0 / 20)));
  EXPECT_LT(variance, 0.02);
}

TEST(RelativeEffectiveRank, IsTheRankOverThatOfTwentyDrawsOfTheSameShape) {
  const at::Tensor gradients = gaussian_tensor("g", {9, 6}).cumsum(0);
  double reference = 0;
  for (uint64_t draw = 1; draw <= 20; ++draw)
    reference += effective_rank(gaussian_tensor("relative_effective_rank", {9, 6}, draw)).value() / 20;
  // The draws are rounded to single precision.
  EXPECT_THAT(relative_effective_rank(gradients).value(),
              IsNear(effective_rank(gradients).value() / reference, 1e-6));
}

TEST(RelativeEffectiveRank, IsSmallForFewDirectionsAndAboveOneForMoreEvenOnes) {
  const at::Tensor few = gaussian_tensor("a", {40, 2}).mm(gaussian_tensor("b", {2, 50}));
  EXPECT_LT(relative_effective_rank(few).value(), 0.2);
  EXPECT_GT(relative_effective_rank(at::eye(40, at::kDouble)).value(), 2);
}

TEST(RelativeEffectiveRank, IsUndefinedWhereOneDirectionIsAllThereCanBe) {
  EXPECT_THAT(relative_effective_rank(gaussian_tensor("g", {2, 9})).undefined,
              ::testing::HasSubstr("one direction only"));
  EXPECT_THAT(relative_effective_rank(gaussian_tensor("g", {9})).undefined,
              ::testing::HasSubstr("one direction only"));
}

}  // namespace
}  // namespace shatterproof
