// SPDX-License-Identifier: Apache-2.0
#include "shatterproof/measure/gradient_confusion.h"

#include "tests/matchers.h"
#include "tests/support/fake_taps.h"

namespace shatterproof::gradient_confusion_test {
namespace {

constexpr double kRounding = 1e-12;
constexpr const char* kQuantile = "gradient_confusion_quantile";

std::vector<Reading> confusion(const at::Tensor& gradients) {
  FakeTaps taps;
  taps.add_input(gradients, gradients);
  return taps.measured_by(gradient_confusion_record());
}

double value(const std::vector<Reading>& readings, const char* name) {
  return find_reading(readings, name, ReadingType::scalar).value();
}

std::vector<double> sorted_cosines(const at::Tensor& gradients) {
  const auto a = gradients.accessor<double, 2>();
  std::vector<double> cosines;
  for (int64_t i = 0; i < gradients.size(0); ++i) {
    for (int64_t j = 0; j < i; ++j) {
      double product = 0, size_i = 0, size_j = 0;
      for (int64_t d = 0; d < gradients.size(1); ++d) {
        product += a[i][d] * a[j][d];
        size_i += a[i][d] * a[i][d];
        size_j += a[j][d] * a[j][d];
      }
      cosines.push_back(product / std::sqrt(size_i * size_j));
    }
  }
  std::sort(cosines.begin(), cosines.end());
  return cosines;
}

TEST(GradientConfusion, OfTensorsByHand) {
  // Cosines 0, -1 / sqrt(2) and 1 / sqrt(2).
  const at::Tensor gradients = at::tensor({1.0, 0.0, 0.0, 2.0, -3.0, 3.0}).view({3, 2});
  EXPECT_THAT(gradient_confusion(gradients).value(), IsNear(-std::sqrt(.5), kRounding));
}

TEST(GradientConfusion, OfThreeGradientsByHand) {
  // (1, 0) (1, 1) (-1, 1): cosines 1/sqrt 2, -1/sqrt 2, 0; the 1 % quantile is 2 % of the way from the least
  // to the next.
  const at::Tensor gradients = at::tensor({1.0, 0.0, 1.0, 1.0, -1.0, 1.0}).view({3, 2});
  const std::vector<Reading> readings = confusion(gradients);
  EXPECT_THAT(value(readings, "gradient_confusion"), IsNear(-std::sqrt(0.5), kRounding));
  EXPECT_THAT(value(readings, kQuantile), IsNear(-0.98 * std::sqrt(0.5), kRounding));
}

TEST(GradientConfusion, AgreesWithLoopsOverPairs) {
  for (const int64_t examples : {2, 3, 30, 102}) {
    const at::Tensor gradients = gaussian_tensor("g", {examples, 5}) + 0.2;
    const std::vector<double> cosines = sorted_cosines(gradients);
    const double position = static_cast<double>(cosines.size() - 1) * 0.01;
    const auto below = static_cast<size_t>(position);
    const double above = cosines[std::min(below + 1, cosines.size() - 1)];
    const double quantile =
        cosines[below] + (position - static_cast<double>(below)) * (above - cosines[below]);
    const std::vector<Reading> readings = confusion(gradients);
    EXPECT_THAT(value(readings, "gradient_confusion"), IsNear(cosines.front(), kRounding)) << examples;
    EXPECT_THAT(value(readings, kQuantile), IsNear(quantile, kRounding)) << examples;
  }
}

TEST(GradientConfusion, OfWhiteGradientsFollowsStudentsQuantile) {
  // r sqrt(99 / (1 - r^2)) is Student's t with 99 degrees of freedom, whose 1 % quantile is -2.3646. Cosines
  // of different pairs are independent two by two: the quantile of 32,640 scatters by sqrt(.01 .99 / 32640)
  // over the density there, 0.276.
  const double expected = -2.3646 / std::sqrt(99 + 2.3646 * 2.3646);
  const double deviation = std::sqrt(.01 * .99 / 32640) / 0.276;
  const std::vector<Reading> readings = confusion(gaussian_tensor("white", {256, 100}));
  EXPECT_NEAR(value(readings, kQuantile), expected, 4 * deviation);
}

TEST(GradientConfusion, ReachesItsEnds) {
  EXPECT_THAT(value(confusion(at::ones({4, 3})), "gradient_confusion"), IsNear(1.0, kRounding));
  const at::Tensor opposed = at::tensor({1.0, 2.0, -3.0}).view({3, 1});
  EXPECT_THAT(value(confusion(opposed), "gradient_confusion"), IsNear(-1.0, kRounding));
}

TEST(GradientConfusion, LeavesOutExamplesWithoutAGradient) {
  const at::Tensor gradients = gaussian_tensor("g", {6, 5});
  const at::Tensor padded = at::cat({gradients, at::zeros({2, 5}, at::kDouble)});
  EXPECT_EQ(value(confusion(padded), kQuantile), value(confusion(gradients), kQuantile));
}

TEST(GradientConfusion, SaysWhyItIsUndefined) {
  at::Tensor lonely = at::zeros({4, 3}, at::kDouble);
  lonely[1] = 1;
  for (const at::Tensor& gradients : {lonely, at::zeros({4, 3})}) {
    for (const Reading& reading : confusion(gradients))
      EXPECT_THAT(reading.undefined, ::testing::HasSubstr("gradient is zero"));
  }
  for (const Reading& reading : confusion(at::ones({1, 3})))
    EXPECT_EQ(reading.undefined, "one example: at least two are needed");
  for (const Reading& reading : confusion(at::full({4, 3}, INFINITY)))
    EXPECT_THAT(reading.undefined, ::testing::HasSubstr("not finite"));
  for (const Reading& reading : confusion(at::ones({4097, 1})))
    EXPECT_THAT(reading.undefined, ::testing::HasSubstr("more than 4096"));
}

}  // namespace
}  // namespace shatterproof::gradient_confusion_test
