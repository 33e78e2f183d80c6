// SPDX-License-Identifier: Apache-2.0
// preactivation_std and end_to_end_gain.
#include "shatterproof/measure/end_to_end_gain.h"
#include "shatterproof/measure/preactivation_std.h"
#include "tests/matchers.h"
#include "tests/measure/fake_taps.h"

namespace shatterproof {
namespace {

constexpr double kRounding = 1e-12;

Reading preactivation_std(const at::Tensor& z, int64_t mini_batch = 0) {
  FakeTaps taps;
  taps.add_rectifier("relu_1", 1, z, at::zeros_like(z));
  return taps.measured_by(preactivation_std_record(), {}, mini_batch)[0];
}

Reading end_to_end_gain(const at::Tensor& inputs, const at::Tensor& gradients, int64_t mini_batch = 0) {
  FakeTaps taps;
  taps.add_input(inputs, gradients);
  return taps.measured_by(end_to_end_gain_record(), {}, mini_batch)[0];
}

TEST(PreactivationStd, ByHand) {
  // Unit 1: 1 3, deviation 1; unit 2: 5 5, deviation 0.
  EXPECT_THAT(preactivation_std(at::tensor({1.0, 5.0, 3.0, 5.0}).view({2, 2})).values[0],
              IsNear(0.5, kRounding));
}

TEST(PreactivationStd, AgreesWithLoops) {
  const at::Tensor z = 3 * gaussian_tensor("z", {13, 1100}) + 10;
  const auto a = z.accessor<double, 2>();
  double sum = 0;
  for (int64_t u = 0; u < 1100; ++u) {
    double mean = 0, square = 0;
    for (int64_t i = 0; i < 13; ++i) mean += a[i][u] / 13;
    for (int64_t i = 0; i < 13; ++i) square += (a[i][u] - mean) * (a[i][u] - mean) / 13;
    sum += std::sqrt(square);
  }
  EXPECT_THAT(preactivation_std(z).values[0], IsNear(sum / 1100, kRounding));
  EXPECT_THAT(preactivation_std(z, 4).values[0], IsNear(sum / 1100, kRounding));
}

TEST(PreactivationStd, AfterBatchNormalizationIsOne) {
  const at::Tensor z = gaussian_tensor("z", {40, 6}) * 5 + 2;
  EXPECT_THAT(preactivation_std((z - z.mean(0, true)) / z.std(0, false, true)).values[0],
              IsNear(1, kRounding));
}

TEST(PreactivationStd, SeesASmallVariationOfALargeMean) {
  const at::Tensor z = 1e6 + at::arange(4, at::kDouble).remainder(2).view({4, 1});
  EXPECT_THAT(preactivation_std(z).values[0], IsNear(0.5, kRounding));
}

TEST(PreactivationStd, OfConstantUnitsIsExactlyZero) {
  EXPECT_EQ(preactivation_std(at::full({9, 3}, 0.1, at::kFloat)).values[0], 0);
  EXPECT_FALSE(preactivation_std(at::ones({1, 3})).is_defined());
  EXPECT_THAT(preactivation_std(at::full({9, 3}, NAN)).undefined, ::testing::HasSubstr("not finite"));
}

TEST(EndToEndGain, ByHand) {
  // Inputs 0 2 and 1 1: variances 1 and 0, mean 1/2. Gradients: squares 4 + 4, two examples, two numbers: 2.
  const at::Tensor inputs = at::tensor({0.0, 1.0, 2.0, 1.0}).view({2, 2});
  const at::Tensor gradients = at::tensor({2.0, 0.0, 0.0, 2.0}).view({2, 2});
  EXPECT_THAT(end_to_end_gain(inputs, gradients).value(), IsNear(std::sqrt(2.0 * 0.5), kRounding));
}

TEST(EndToEndGain, OfALinearMapIsItsFrobeniusNormTimesTheSpreadOfTheInputs) {
  // f = W x with a probe v per example has gradient W^T v: E ||g||^2 = ||W||_F^2. For 3 outputs the mean over
  // 4,000 probes scatters by at most sqrt(2 / 4000) of it, the gain by half of that.
  const int64_t examples = 4000;
  const at::Tensor weight = gaussian_tensor("w", {3, 5}), probes = gaussian_tensor("v", {examples, 3});
  const at::Tensor inputs = 2 * gaussian_tensor("x", {examples, 5});
  const double spread = std::sqrt(inputs.var(0, false).mean().item<double>());
  const double expected = weight.norm().item<double>() / std::sqrt(5.0) * spread;
  EXPECT_THAT(end_to_end_gain(inputs, probes.mm(weight)).value(),
              IsNear(expected, 4 * std::sqrt(2.0 / 4000) / 2));
}

TEST(EndToEndGain, TakesSeveralInputsForOneLongVector) {
  const at::Tensor inputs = gaussian_tensor("x", {8, 6}), gradients = gaussian_tensor("g", {8, 6});
  FakeTaps split;
  split.add_input(inputs.narrow(1, 0, 2), gradients.narrow(1, 0, 2));
  split.add_input(inputs.narrow(1, 2, 4), gradients.narrow(1, 2, 4));
  EXPECT_THAT(split.measured_by(end_to_end_gain_record())[0].value(),
              IsNear(end_to_end_gain(inputs, gradients).value(), kRounding));
}

TEST(EndToEndGain, SaysWhyItIsUndefined) {
  EXPECT_EQ(end_to_end_gain(at::ones({3, 2}), at::ones({3, 2})).undefined,
            "inputs do not vary from example to example");
  EXPECT_FALSE(end_to_end_gain(at::ones({1, 2}), at::ones({1, 2})).is_defined());
  const at::Tensor inputs = gaussian_tensor("x", {3, 2});
  EXPECT_THAT(end_to_end_gain(inputs, at::full({3, 2}, NAN)).undefined, ::testing::HasSubstr("not finite"));
  EXPECT_EQ(end_to_end_gain(inputs, at::zeros({3, 2})).value(), 0)
      << "no output depends on the input: gain 0, a number";
}

}  // namespace
}  // namespace shatterproof
