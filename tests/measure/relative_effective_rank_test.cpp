// SPDX-License-Identifier: Apache-2.0
#include "shatterproof/measure/relative_effective_rank.h"

#include "shatterproof/measure/effective_rank.h"
#include "tests/matchers.h"
#include "tests/support/fake_taps.h"

namespace shatterproof::relative_effective_rank_test {
namespace {

// What the rank is divided by.
double yardstick(int64_t examples, int64_t numbers) {
  const at::Tensor gradients = gaussian_tensor("g", {examples, numbers});
  return effective_rank(gradients).value() / relative_effective_rank(gradients).value();
}

TEST(RelativeEffectiveRank, OfWhiteGradientsIsOneWithinItsStandardError) {
  const int seeds = 400;
  double sum = 0, squares = 0;
  for (uint64_t seed = 1; seed <= seeds; ++seed) {
    const double value = relative_effective_rank(3 + 0.1 * gaussian_tensor("g", {30, 20}, seed)).value();
    sum += value;
    squares += value * value;
  }
  const double mean = sum / seeds, variance = squares / seeds - mean * mean;
  EXPECT_NEAR(mean, 1, 4 * std::sqrt(variance / seeds));
}

TEST(RelativeEffectiveRank, DividesByTheMeanRankOfGaussianMatrices) {
  // Means over matrices drawn in NumPy and centred, with their standard errors.
  constexpr double kOwn = 5e-4;  // standard error of the yardstick, relative
  const struct {
    int64_t examples, numbers;
    double rank, standard_error;
  } drawn[] = {{256, 100, 38.9349, .0128}, {9, 6, 2.36053, .00107}, {3, 5, 1.33366, .00065}};
  for (const auto& [examples, numbers, rank, standard_error] : drawn)
    EXPECT_NEAR(yardstick(examples, numbers), rank, 4 * std::hypot(standard_error, kOwn * rank)) << examples;
}

TEST(RelativeEffectiveRank, DividesByTheLimitOfLargeMatrices) {
  // The largest eigenvalue lies inside the edge: mean -1.2065, deviation 1.268 of the Tracy-Widom law.
  const double root = std::sqrt(2000.0), width = std::cbrt(2 / root) / (2 * root);
  const double largest = 1 - 1.2065 * width;
  EXPECT_THAT(yardstick(2001, 2000), IsNear(500 / largest * (1 + std::pow(1.268 * width, 2)), .002));
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
}  // namespace shatterproof::relative_effective_rank_test
