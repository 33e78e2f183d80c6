// SPDX-License-Identifier: Apache-2.0
#include "study/joint_distance.h"

#include <gtest/gtest.h>

#include <cmath>

#include "study/significance.h"
#include "tests/matchers.h"
#include "tests/support/fake_taps.h"

namespace shatterproof::joint_distance_test {
namespace {

TEST(JointDistance, OfTwoNumbersByHand) {
  // Means 2 and 1.
  const std::vector<Differences> numbers = {{{3, 2, 1, 2}}, {{1.5, 1.5, 0, 1}}};
  // Covariances: (2, 1.5; 1.5, 1.5) / 3, so S = (2, 1.5; 1.5, 1.5) / 12 and S^-1 = 12 (1.5, -1.5; -1.5, 2) /
  // .75.
  const double square = 12 * (1.5 * 4 - 2 * 1.5 * 2 + 2) / .75;
  const std::optional<JointDistance> found = joint_distance(numbers);
  ASSERT_TRUE(found);
  EXPECT_EQ(found->rest, 2);
  EXPECT_THAT(found->f, IsNear(square * 2 / (2 * 3), 1e-12));
  EXPECT_THAT(found->largest, IsNear(largest_f(4, 2, 2), 1e-12));
}

TEST(JointDistance, KnowsTheErrorsOfWhatIsExpected) {
  std::vector<Differences> numbers = {{{3, 2, 1, 2}}, {{1.5, 1.5, 0, 1}}};
  const double alone = joint_distance(numbers)->f;
  numbers[0].shared_error =
      std::sqrt(2.0 / 12);  // as large as those of the means, and as correlated: S doubles
  numbers[1].shared_error = std::sqrt(1.5 / 12);
  EXPECT_THAT(joint_distance(numbers)->f, IsNear(alone / 2, 1e-12));
  numbers[0].own_error = numbers[1].own_error = 1e6;
  EXPECT_LT(joint_distance(numbers)->f, 1e-6);
}

// Three numbers that share most of their scatter, as neighbouring lags of a curve do.
std::vector<Differences> correlated(uint64_t seed, int64_t seeds, double apart) {
  const at::Tensor drawn = gaussian_tensor("joint", {4, seeds}, seed);
  std::vector<Differences> numbers;
  for (int64_t i = 0; i < 3; ++i) {
    const at::Tensor row = drawn[3] + .3 * drawn[i] + apart * static_cast<double>(i - 1);
    numbers.push_back({{row.data_ptr<double>(), row.data_ptr<double>() + seeds}});
  }
  return numbers;
}

TEST(JointDistance, FollowsHotellingsDistribution) {
  constexpr int kDraws = 4000;
  constexpr double kSigmas = 1.959963984540054;  // exceeded by 5 %
  const double largest = largest_f(kSigmas, 3, 7);
  int beyond = 0;
  for (uint64_t seed = 1; seed <= kDraws; ++seed)
    beyond += joint_distance(correlated(seed, 10, 0))->f > largest;
  EXPECT_NEAR(beyond, .05 * kDraws, 4 * std::sqrt(.05 * .95 * kDraws));
}

TEST(JointDistance, SeesACurveOfAnotherShapeThatEveryNumberAloneAllows) {
  constexpr int64_t kSeeds = 30;
  const std::vector<Differences> numbers = correlated(1, kSeeds, .4);
  for (const Differences& number : numbers) {
    const at::Tensor draws = at::tensor(number.by_seed, at::kDouble);
    const double error = draws.std().item<double>() / std::sqrt(static_cast<double>(kSeeds));
    EXPECT_LT(std::abs(draws.mean().item<double>()), 4 * error);
  }
  const std::optional<JointDistance> found = joint_distance(numbers);
  EXPECT_GT(found->f, found->largest);
}

TEST(JointDistance, OfNumbersThatVaryDoesNotCountThoseThatDoNot) {
  const std::vector<Differences> vary = {{{3, 2, 1, 2}}, {{1.5, 1.5, 0, 1}}};
  const std::vector<Differences> all = {vary[0], {{7, 7, 7, 7}}, vary[1], {{0, 0, 0, 0}}};
  const std::optional<JointDistance> found = joint_distance(all);
  ASSERT_TRUE(found);
  EXPECT_EQ(found->numbers, 2);
  EXPECT_EQ(found->rest, 2);
  EXPECT_EQ(found->f, joint_distance(vary)->f);
  EXPECT_EQ(found->largest, largest_f(4, 2, 2));
}

TEST(JointDistance, IsSilentWhereItCannotTell) {
  EXPECT_FALSE(joint_distance({}));
  EXPECT_FALSE(joint_distance({{{1, 2, 3}}})) << "one number";
  EXPECT_FALSE(joint_distance({{{1, 2}}, {{2, 5}}})) << "as many seeds as numbers";
  EXPECT_FALSE(joint_distance({{{1, 2, 4}}, {{1, 1, 1}}})) << "a number that does not vary";
  EXPECT_FALSE(joint_distance({{{1, 2, 4}}, {{2, 4, 8}}})) << "one number twice";
}

}  // namespace
}  // namespace shatterproof::joint_distance_test
