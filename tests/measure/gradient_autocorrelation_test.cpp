// SPDX-License-Identifier: Apache-2.0
#include "shatterproof/measure/gradient_autocorrelation.h"

#include "tests/matchers.h"
#include "tests/support/fake_taps.h"

namespace shatterproof::gradient_autocorrelation_test {
namespace {

constexpr double kRounding = 1e-12;
constexpr const char* kName = "gradient_autocorrelation";

std::vector<double> slow_autocorrelation(const at::Tensor& series, int64_t lags) {
  const at::Tensor g = series.to(at::kDouble).reshape({series.size(0), -1});
  const auto a = g.accessor<double, 2>();
  const int64_t points = g.size(0), numbers = g.size(1);
  std::vector<double> mean(static_cast<size_t>(numbers)), values;
  for (int64_t m = 0; m < points; ++m) {
    for (int64_t d = 0; d < numbers; ++d)
      mean[static_cast<size_t>(d)] += a[m][d] / static_cast<double>(points);
  }
  for (int64_t k = 0; k <= lags; ++k) {
    double sum = 0;
    for (int64_t m = 0; m + k < points; ++m) {
      for (int64_t d = 0; d < numbers; ++d) {
        sum += (a[m][d] - mean[static_cast<size_t>(d)]) * (a[m + k][d] - mean[static_cast<size_t>(d)]);
      }
    }
    values.push_back(sum);
  }
  for (size_t k = values.size(); k-- > 0;) values[k] /= values[0];
  return values;
}

TEST(GradientAutocorrelation, OfFourNumbersByHand) {
  // 1 2 3 2, mean 2: deviations -1 0 1 0, squares 2; lag 1: 0 + 0 + 0; lag 2: -1 + 0; lag 3: 0.
  const Reading reading = gradient_autocorrelation(at::tensor({1.0, 2.0, 3.0, 2.0}), 15);
  EXPECT_EQ(reading.x, (std::vector<double>{0, 1, 2, 3}));
  EXPECT_EQ(reading.values, (std::vector<double>{1, 0, -0.5, 0}));
}

TEST(GradientAutocorrelation, AgreesWithLoopsForNumbersAndVectors) {
  for (const int64_t numbers : {1, 2, 5, 4096, 5000}) {  // around the width of a block of columns
    const at::Tensor series = gaussian_tensor("g", {20, numbers}).cumsum(0) + 7;
    const Reading reading = gradient_autocorrelation(series, 6);
    const std::vector<double> slow = slow_autocorrelation(series, 6);
    for (size_t k = 0; k < slow.size(); ++k)
      EXPECT_NEAR(reading.values[k], slow[k], kRounding) << numbers << " " << k;
  }
}

TEST(GradientAutocorrelation, OfWhiteNoiseIsMinusOneOverMMinusOne) {
  // E rho(k) = -(M - k) / (M (M - 1)) for exchangeable numbers; one series scatters by at most 1 / sqrt M.
  const int64_t points = 256, seeds = 400;
  std::vector<double> sum(16);
  for (uint64_t seed = 1; seed <= seeds; ++seed) {
    const Reading reading = gradient_autocorrelation(gaussian_tensor("white", {points}, seed), 15);
    for (size_t k = 0; k < sum.size(); ++k) sum[k] += reading.values[k];
  }
  const double standard_error = 1 / std::sqrt(static_cast<double>(points * seeds));
  for (const int k : {1, 2, 5, 15}) {
    const double expected = -(256.0 - k) / (256.0 * 255);
    EXPECT_NEAR(sum[static_cast<size_t>(k)] / seeds, expected, 4 * standard_error) << k;
  }
}

TEST(GradientAutocorrelation, OfBrownNoiseIsTheSimulatedOne) {
  // Independent simulation of 20,000 series; kScatter is the standard deviation of one of them.
  const int64_t seeds = 500;
  std::vector<double> sum(16);
  for (uint64_t seed = 1; seed <= seeds; ++seed) {
    const Reading reading = gradient_autocorrelation(gaussian_tensor("brown", {256}, seed).cumsum(0), 15);
    for (size_t k = 0; k < sum.size(); ++k) sum[k] += reading.values[k];
  }
  constexpr double kScatter[] = {.0163, .0316, .0461, .0728, .1275, .1675};
  constexpr double kExpected[] = {.9715, .943, .915, .8635, .739, .633};
  constexpr size_t kLags[] = {1, 2, 3, 5, 10, 15};
  for (size_t i = 0; i < 6; ++i) {
    EXPECT_NEAR(sum[kLags[i]] / seeds, kExpected[i], 4 * kScatter[i] / std::sqrt(500.0)) << kLags[i];
  }
}

TEST(GradientAutocorrelation, OfAVectorSeriesIsThatOfItsRotation) {
  const at::Tensor series = gaussian_tensor("g", {30, 2}).cumsum(0);
  const double angle = 0.7;
  const at::Tensor rotation =
      at::tensor({std::cos(angle), std::sin(angle), -std::sin(angle), std::cos(angle)})
          .to(at::kDouble)
          .view({2, 2});
  const Reading one = gradient_autocorrelation(series, 5),
                other = gradient_autocorrelation(series.mm(rotation), 5);
  for (size_t k = 0; k < one.values.size(); ++k) EXPECT_NEAR(one.values[k], other.values[k], kRounding);
}

TEST(GradientAutocorrelation, SaysWhyItIsUndefined) {
  EXPECT_EQ(gradient_autocorrelation(at::full({9}, 3.25), 15).undefined,
            "gradient is constant along the inputs");
  EXPECT_EQ(gradient_autocorrelation(at::zeros({9}), 15).undefined, "gradient is zero");
  EXPECT_EQ(gradient_autocorrelation(at::ones({1}), 15).undefined, "one example: at least two are needed");
  EXPECT_THAT(gradient_autocorrelation(at::full({9}, NAN), 15).undefined, ::testing::HasSubstr("not finite"));
  EXPECT_THROW(gradient_autocorrelation(at::ones({9}), 0), std::invalid_argument);
}

TEST(GradientAutocorrelation, TakesRoundingForConstantButNotASmallSlope) {
  const at::Tensor ramp = at::arange(32, at::kDouble);
  const at::Tensor rounding = (1 + 1e-7 * ramp.remainder(3)).to(at::kFloat);
  EXPECT_FALSE(gradient_autocorrelation(rounding, 5).is_defined());
  EXPECT_TRUE(gradient_autocorrelation((1 + 1e-3 * ramp).to(at::kFloat), 5).is_defined());
  EXPECT_TRUE(gradient_autocorrelation(1 + 1e-7 * ramp, 5).is_defined());
}

TEST(GradientAutocorrelation, ReadsTheOrderedInputWholeOrInMiniBatches) {
  FakeTaps taps = gaussian_taps(21, 3);
  EXPECT_EQ(taps.measured_by(gradient_autocorrelation_record())[0].undefined,
            "inputs are not ordered along a grid or path");
  taps.along_path = true;
  const Reading whole = taps.measured_by(gradient_autocorrelation_record())[0];
  EXPECT_EQ(whole.tap, "input");
  EXPECT_EQ(whole.values.size(), 16U);
  const std::vector<double> slow = slow_autocorrelation(taps.places[0].gradient, 15);
  for (size_t k = 0; k < slow.size(); ++k) EXPECT_NEAR(whole.values[k], slow[k], kRounding);
  EXPECT_EQ(taps.measured_by(gradient_autocorrelation_record(), {}, 4)[0].values, whole.values);
  const MeasurementOptions options = {"", Spec::parse("gradient_autocorrelation:lags=2")};
  EXPECT_EQ(taps.measured_by(gradient_autocorrelation_record(), options)[0].values.size(), 3U);
}

TEST(GradientAutocorrelation, JoinsSeveralInputs) {
  FakeTaps taps = gaussian_taps(10, 2), both = gaussian_taps(10, 2);
  taps.along_path = both.along_path = true;
  FakeTaps::Place second = taps.places[0];
  second.tap.name = "second";
  second.tap.order = 99;
  second.gradient = gaussian_tensor("another", {10, 3});
  both.places.push_back(second);
  const Reading joined = both.measured_by(gradient_autocorrelation_record())[0];
  EXPECT_EQ(joined.tap, "input+second");
  const std::vector<double> slow =
      slow_autocorrelation(at::cat({taps.places[0].gradient, second.gradient}, 1), 9);
  for (size_t k = 0; k < slow.size(); ++k) EXPECT_NEAR(joined.values[k], slow[k], kRounding);
}

}  // namespace
}  // namespace shatterproof::gradient_autocorrelation_test
