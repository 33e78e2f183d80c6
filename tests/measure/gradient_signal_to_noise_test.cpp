// SPDX-License-Identifier: Apache-2.0
#include "shatterproof/measure/gradient_signal_to_noise.h"

#include "shatterproof/measure/gradient_correlation.h"
#include "tests/matchers.h"
#include "tests/support/fake_taps.h"

namespace shatterproof::gradient_signal_to_noise_test {
namespace {

constexpr double kRounding = 1e-12;

double slow_ratio(const at::Tensor& gradients) {
  const auto a = gradients.accessor<double, 2>();
  const auto examples = static_cast<double>(gradients.size(0));
  double ratios = 0;
  for (int64_t d = 0; d < gradients.size(1); ++d) {
    double mean = 0, variance = 0;
    for (int64_t b = 0; b < gradients.size(0); ++b) mean += a[b][d] / examples;
    for (int64_t b = 0; b < gradients.size(0); ++b)
      variance += (a[b][d] - mean) * (a[b][d] - mean) / examples;
    ratios += mean * mean / variance;
  }
  return std::sqrt(ratios / static_cast<double>(gradients.size(1)));
}

TEST(GradientSignalToNoise, ByHand) {
  // Coordinates 1 3 and 0 2: means 2 and 1, variances 1 and 1: sqrt((4 + 1) / 2).
  EXPECT_THAT(gradient_signal_to_noise(at::tensor({1.0, 0.0, 3.0, 2.0}).view({2, 2})).value(),
              IsNear(std::sqrt(2.5), kRounding));
}

TEST(GradientSignalToNoise, AgreesWithLoops) {
  for (const int64_t numbers : {1, 6, 2000}) {
    const at::Tensor gradients = gaussian_tensor("g", {11, numbers}) + 0.7;
    EXPECT_THAT(gradient_signal_to_noise(gradients).value(), IsNear(slow_ratio(gradients), kRounding))
        << numbers;
  }
}

TEST(GradientSignalToNoise, OfWhiteGradientsIsAtItsFloor) {
  // mean^2 / variance of B standard normal numbers is t^2 / (B - 1) with B - 1 degrees of freedom: mean
  // 1 / (B - 3), standard deviation below twice that. Its mean over 40,000 coordinates is known to 1 %.
  const double ratio = gradient_signal_to_noise(gaussian_tensor("g", {64, 40000})).value();
  EXPECT_THAT(ratio * ratio, IsNear(1.0 / 61, 4 * 2 / std::sqrt(40000.0)));
}

TEST(GradientSignalToNoise, OfOneCoordinateFollowsFromTheCorrelation) {
  // mean^2 = (mean of squares) (1 + (B - 1) R)/B, so mean^2/variance = (R + 1/(B - 1))/(1 - R).
  for (const double shift : {0.0, 0.4, 3.0}) {
    const at::Tensor gradients = gaussian_tensor("g", {20, 1}) + shift;
    const double correlation = gradient_correlation(gradients).value();
    const double ratio = gradient_signal_to_noise(gradients).value();
    EXPECT_THAT(ratio * ratio, IsNear((correlation + 1.0 / 19) / (1 - correlation), 1e-9)) << shift;
  }
}

TEST(GradientSignalToNoise, LeavesOutCoordinatesWithoutAnyGradient) {
  const at::Tensor gradients = gaussian_tensor("g", {11, 6}) + 0.7;
  const at::Tensor padded = at::cat({gradients, at::zeros({11, 3}, at::kDouble)}, 1);
  EXPECT_THAT(gradient_signal_to_noise(padded).value(), IsNear(slow_ratio(gradients), kRounding));
}

TEST(GradientSignalToNoise, PutsInputsTogether) {
  const at::Tensor gradients = gaussian_tensor("g", {8, 6}) + 0.3;
  FakeTaps taps;
  taps.add_input(gradients.narrow(1, 0, 2), gradients.narrow(1, 0, 2));
  taps.add_input(gradients.narrow(1, 2, 4), gradients.narrow(1, 2, 4));
  const Reading reading = taps.measured_by(gradient_signal_to_noise_record(), {}, 3).at(0);
  EXPECT_THAT(reading.value(), IsNear(slow_ratio(gradients), kRounding));
  EXPECT_EQ(reading.tap, "input+input");
}

TEST(GradientSignalToNoise, SaysWhyItIsUndefined) {
  const at::Tensor constant = gaussian_tensor("g", {1, 4}).expand({5, 4});
  EXPECT_THAT(gradient_signal_to_noise(constant).undefined, ::testing::HasSubstr("does not vary"));
  at::Tensor rounded = gaussian_tensor("g", {5, 4}).to(at::kFloat);
  rounded.select(1, 2) = 1 + 1e-7 * rounded.select(1, 2);
  EXPECT_THAT(gradient_signal_to_noise(rounded).undefined, ::testing::HasSubstr("does not vary"));
  EXPECT_EQ(gradient_signal_to_noise(at::zeros({5, 4})).undefined, "gradient is zero");
  EXPECT_EQ(gradient_signal_to_noise(at::ones({1, 4})).undefined, "one example: at least two are needed");
  EXPECT_THAT(gradient_signal_to_noise(at::full({5, 4}, NAN)).undefined, ::testing::HasSubstr("not finite"));
}

}  // namespace
}  // namespace shatterproof::gradient_signal_to_noise_test
