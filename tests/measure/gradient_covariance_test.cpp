// SPDX-License-Identifier: Apache-2.0
#include "shatterproof/measure/gradient_covariance.h"

#include "tests/matchers.h"
#include "tests/support/fake_taps.h"

namespace shatterproof::gradient_covariance_test {
namespace {

constexpr double kRounding = 1e-12;

std::vector<double> slow_covariance(const at::Tensor& gradients) {
  const at::Tensor g = gradients.to(at::kDouble).flatten(1);
  const auto a = g.accessor<double, 2>();
  const int64_t examples = g.size(0), numbers = g.size(1);
  std::vector<double> mean(static_cast<size_t>(numbers)), values;
  for (int64_t i = 0; i < examples; ++i) {
    for (int64_t d = 0; d < numbers; ++d)
      mean[static_cast<size_t>(d)] += a[i][d] / static_cast<double>(examples);
  }
  double diagonal = 0;
  for (int64_t i = 0; i < examples; ++i) {
    for (int64_t j = 0; j < examples; ++j) {
      double product = 0;
      for (int64_t d = 0; d < numbers; ++d)
        product += (a[i][d] - mean[static_cast<size_t>(d)]) * (a[j][d] - mean[static_cast<size_t>(d)]);
      values.push_back(std::abs(product));
      if (i == j) diagonal += product / static_cast<double>(examples);
    }
  }
  for (double& value : values) value /= diagonal;
  return values;
}

TEST(GradientCovariance, OfThreeNumbersByHand) {
  // 1 2 6, mean 3: deviations -2 -1 3, variance 14/3.
  const Reading reading = gradient_covariance(at::tensor({1.0, 2.0, 6.0}));
  EXPECT_EQ(reading.shape, (std::vector<int64_t>{3, 3}));
  const double expected[] = {4, 2, 6, 2, 1, 3, 6, 3, 9};
  ASSERT_EQ(reading.values.size(), 9U);
  for (size_t i = 0; i < 9; ++i) EXPECT_THAT(reading.values[i], IsNear(expected[i] * 3 / 14, kRounding)) << i;
}

TEST(GradientCovariance, AgreesWithLoopsForNumbersAndVectors) {
  for (const int64_t numbers : {1, 2, 7, 3000}) {
    const at::Tensor gradients = gaussian_tensor("g", {9, numbers}) + 5;
    const std::vector<double> slow = slow_covariance(gradients);
    const Reading reading = gradient_covariance(gradients);
    ASSERT_EQ(reading.values.size(), slow.size());
    // Relative to the diagonal: an entry may nearly vanish.
    for (size_t i = 0; i < slow.size(); ++i)
      EXPECT_NEAR(reading.values[i], slow[i], kRounding) << numbers << " " << i;
  }
}

TEST(GradientCovariance, HasAMeanOfOneOnTheDiagonalAndReachesBMinusOne) {
  at::Tensor one_differs = at::ones({8, 3});
  one_differs[5] += 1;
  for (const at::Tensor& gradients : {gaussian_tensor("g", {8, 3}), one_differs}) {
    const Reading reading = gradient_covariance(gradients);
    double trace = 0;
    for (size_t i = 0; i < 8; ++i) trace += reading.values[i * 9];
    EXPECT_THAT(trace, IsNear(8.0, kRounding));
  }
  EXPECT_THAT(gradient_covariance(one_differs).values[5 * 9], IsNear(7.0, kRounding));
}

TEST(GradientCovariance, FollowsTheOrderOfTheExamples) {
  const at::Tensor gradients = gaussian_tensor("g", {3, 4});
  const Reading straight = gradient_covariance(gradients), turned = gradient_covariance(gradients.flip(0));
  for (size_t i = 0; i < 9; ++i) EXPECT_NEAR(turned.values[i], straight.values[8 - i], kRounding);
}

TEST(GradientCovariance, SaysWhyItIsUndefined) {
  EXPECT_EQ(gradient_covariance(at::ones({5, 3})).undefined, "gradient is the same for every example");
  const at::Tensor rounded = at::ones({5, 3}, at::kFloat) * (1 + 1e-6 * gaussian_tensor("g", {5, 3}));
  EXPECT_EQ(gradient_covariance(rounded.to(at::kFloat)).undefined, "gradient is the same for every example");
  EXPECT_TRUE(gradient_covariance(rounded).is_defined()) << "in double precision they differ";
  EXPECT_EQ(gradient_covariance(at::ones({1, 3})).undefined, "one example: at least two are needed");
  EXPECT_EQ(gradient_covariance(at::zeros({5, 3})).undefined, "gradient is zero");
  EXPECT_THAT(gradient_covariance(at::full({5, 3}, NAN)).undefined, ::testing::HasSubstr("not finite"));
  EXPECT_THAT(gradient_covariance(gaussian_tensor("g", {4097, 1})).undefined,
              ::testing::HasSubstr("more than 4096"));
}

}  // namespace
}  // namespace shatterproof::gradient_covariance_test
