// SPDX-License-Identifier: Apache-2.0
#include "shatterproof/measure/gradient_correlation.h"

#include "tests/matchers.h"
#include "tests/support/fake_taps.h"

namespace shatterproof::gradient_correlation_test {
namespace {

constexpr double kRounding = 1e-12;  // of sums of a few hundred products in double

double slow_correlation(const at::Tensor& gradients) {
  const at::Tensor g = gradients.to(at::kDouble).flatten(1);
  const auto a = g.accessor<double, 2>();
  double between = 0, size = 0;
  for (int64_t i = 0; i < g.size(0); ++i) {
    for (int64_t j = 0; j < g.size(0); ++j) {
      double product = 0;
      for (int64_t d = 0; d < g.size(1); ++d) product += a[i][d] * a[j][d];
      (i == j ? size : between) += product;
    }
  }
  const auto examples = static_cast<double>(g.size(0));
  return (between / (examples * (examples - 1))) / (size / examples);
}

TEST(GradientCorrelation, OfThreeGradientsByHand) {
  // <g1,g2> = 1, <g1,g3> = -1, <g2,g3> = 0: mean 0; moved by one more unit along the first axis: 2.
  const at::Tensor gradients = at::tensor({1.0, 0.0, 1.0, 1.0, -1.0, 1.0}).view({3, 2});
  EXPECT_THAT(gradient_correlation(gradients).value(), IsNear(0.0, kRounding));
  const at::Tensor moved = gradients + at::tensor({1.0, 0.0});
  // (2,0) (2,1) (0,1): products 4, 0, 1, mean 5/3; squares 4, 5, 1, mean 10/3.
  EXPECT_THAT(gradient_correlation(moved).value(), IsNear(0.5, kRounding));
}

TEST(GradientCorrelation, OfEqualGradientsIsOneAndOfCancellingOnesItsLeast) {
  EXPECT_THAT(gradient_correlation(at::ones({7, 3})).value(), IsNear(1.0, kRounding));
  const at::Tensor centred = gaussian_tensor("g", {6, 4}) - gaussian_tensor("g", {6, 4}).mean(0, true);
  EXPECT_THAT(gradient_correlation(centred).value(), IsNear(-1.0 / 5, kRounding));
}

TEST(GradientCorrelation, AgreesWithTheSumOverAllPairs) {
  for (const int64_t columns : {1, 3, 1024, 1025, 2500}) {  // around the width of a block of columns
    const at::Tensor gradients = gaussian_tensor("g", {9, columns}) + 0.3;
    EXPECT_THAT(gradient_correlation(gradients).value(), IsNear(slow_correlation(gradients), kRounding))
        << columns;
    const at::Tensor single = gradients.to(at::kFloat);
    EXPECT_THAT(gradient_correlation(single).value(), IsNear(slow_correlation(single), kRounding)) << columns;
  }
}

TEST(GradientCorrelation, OfUnrelatedGradientsIsZeroWithinItsStandardError) {
  // R of B independent standard normal vectors has standard deviation sqrt(2 / (B (B - 1) D)) to leading
  // order.
  const int64_t examples = 64, numbers = 100;
  const double deviation = std::sqrt(2.0 / (64.0 * 63 * 100));
  double sum = 0;
  const int seeds = 25;
  for (int seed = 1; seed <= seeds; ++seed) {
    sum +=
        gradient_correlation(gaussian_tensor("g", {examples, numbers}, static_cast<uint64_t>(seed))).value();
  }
  EXPECT_NEAR(sum / seeds, 0, 4 * deviation / std::sqrt(seeds));
}

TEST(GradientCorrelation, SeesALargeMeanThroughSinglePrecision) {
  // 1 + 1e-4 noise: R = 1 - 1e-8 up to sampling; sums in single precision would lose it.
  const at::Tensor gradients = (1 + 1e-4 * gaussian_tensor("g", {256, 64})).to(at::kFloat);
  EXPECT_NEAR(1 - gradient_correlation(gradients).value(), 1e-8, 1e-9);
}

TEST(GradientCorrelation, FollowsTheInputAndEveryStateAndMarksDeadLayers) {
  FakeTaps taps = gaussian_taps(12);
  taps.places[2].gradient.zero_();
  taps.places[1].tap.layer_state = false;
  const std::vector<Reading> readings = taps.measured_by(gradient_correlation_record());
  const Reading& curve = find_reading(readings, "gradient_correlation");
  EXPECT_EQ(curve.x_labels, (std::vector<std::string>{"input", "relu_2", "relu_3"}));
  EXPECT_EQ(curve.x, (std::vector<double>{0, 2, 3}));
  EXPECT_THAT(curve.values[0], IsNear(slow_correlation(taps.places[0].gradient), kRounding));
  EXPECT_TRUE(std::isnan(curve.values[1]));
  EXPECT_THAT(curve.values[2], IsNear(slow_correlation(taps.places[3].gradient), kRounding));
  EXPECT_EQ(find_reading(readings, "gradient_correlation", ReadingType::scalar, "input").value(),
            curve.values[0]);
}

TEST(GradientCorrelation, ReadsOneTapWhenItIsNamed) {
  MeasurementOptions options;
  options.tap = "relu_2";
  const FakeTaps taps = gaussian_taps(12);
  const std::vector<Reading> readings = taps.measured_by(gradient_correlation_record(), options);
  ASSERT_EQ(readings.size(), 2U);
  EXPECT_EQ(readings[1].tap, "relu_2");
  EXPECT_EQ(readings[1].depth, 2);
  EXPECT_THAT(readings[1].value(), IsNear(slow_correlation(taps.places[2].gradient), kRounding));
}

TEST(GradientCorrelation, SaysWhyItIsUndefined) {
  EXPECT_EQ(gradient_correlation(at::ones({1, 3})).undefined, "one example: at least two are needed");
  EXPECT_EQ(gradient_correlation(at::zeros({3, 3})).undefined, "gradient is zero");
  EXPECT_THAT(gradient_correlation(at::full({3, 3}, INFINITY)).undefined, ::testing::HasSubstr("not finite"));
}

TEST(GradientCorrelation, TakesAnExpandedGradient) {
  // A gradient that nothing depends on arrives as one zero, expanded.
  EXPECT_EQ(gradient_correlation(at::zeros({}).expand({4, 3})).undefined, "gradient is zero");
}

}  // namespace
}  // namespace shatterproof::gradient_correlation_test
