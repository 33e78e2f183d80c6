// SPDX-License-Identifier: Apache-2.0
#include "shatterproof/measure/spectral_slope.h"

#include "tests/matchers.h"
#include "tests/support/fake_taps.h"

namespace shatterproof::spectral_slope_test {
namespace {

constexpr double kRounding = 1e-9;  // of logarithms of sums of a few hundred products

// The definition in loops: straight line off, window, Fourier sums, least squares by the normal equations.
double slow_slope(const at::Tensor& series) {
  const at::Tensor g = series.to(at::kDouble).reshape({series.size(0), -1});
  const auto a = g.accessor<double, 2>();
  const int64_t points = g.size(0);
  const auto count = static_cast<double>(points);
  std::vector<double> power(static_cast<size_t>(points / 4) + 1);
  for (int64_t d = 0; d < g.size(1); ++d) {
    double m1 = 0, m2 = 0, y1 = 0, my = 0;
    for (int64_t m = 0; m < points; ++m) {
      const auto x = static_cast<double>(m);
      m1 += x;
      m2 += x * x;
      y1 += a[m][d];
      my += x * a[m][d];
    }
    const double slope = (count * my - m1 * y1) / (count * m2 - m1 * m1), level = (y1 - slope * m1) / count;
    for (int64_t k = 2; k <= points / 4; ++k) {
      double real = 0, imaginary = 0;
      for (int64_t m = 0; m < points; ++m) {
        const double turn = 2 * M_PI * static_cast<double>(m) / count;
        const double value = (a[m][d] - level - slope * static_cast<double>(m)) * (1 - std::cos(turn)) / 2;
        real += value * std::cos(static_cast<double>(k) * turn);
        imaginary += value * std::sin(static_cast<double>(k) * turn);
      }
      power[static_cast<size_t>(k)] += real * real + imaginary * imaginary;
    }
  }
  double n = 0, x1 = 0, x2 = 0, p1 = 0, xp = 0;
  for (int64_t k = 2; k <= points / 4; ++k) {
    const double x = std::log(static_cast<double>(k)), p = std::log(power[static_cast<size_t>(k)]);
    n += 1;
    x1 += x;
    x2 += x * x;
    p1 += p;
    xp += x * p;
  }
  return (n * xp - x1 * p1) / (n * x2 - x1 * x1);
}

TEST(SpectralSlope, AgreesWithLoopsForNumbersAndVectors) {
  for (const int64_t numbers : {1, 3, 4100}) {  // around the width of a block of columns
    const int64_t points = numbers == 4100 ? 20 : 61;
    const at::Tensor series = gaussian_tensor("g", {points, numbers}).cumsum(0) + 4;
    EXPECT_THAT(spectral_slope(series).value(), IsNear(slow_slope(series), kRounding)) << numbers;
  }
  const at::Tensor fewest = gaussian_tensor("g", {12});
  EXPECT_THAT(spectral_slope(fewest).value(), IsNear(slow_slope(fewest), kRounding));
}

struct Slopes {
  double mean, standard_error;
};

Slopes slopes_of(const char* name, bool brown) {
  const int seeds = 2000;
  double sum = 0, squares = 0;
  for (uint64_t seed = 1; seed <= seeds; ++seed) {
    const at::Tensor white = gaussian_tensor(name, {256}, seed);
    const double slope = spectral_slope(brown ? white.cumsum(0) : white).value();
    sum += slope;
    squares += slope * slope;
  }
  const double mean = sum / seeds;
  std::cout << name << " noise: " << mean << "\n";
  return {mean, std::sqrt((squares / seeds - mean * mean) / seeds)};
}

TEST(SpectralSlope, OfWhiteNoiseIsZero) {
  const Slopes white = slopes_of("white", false);
  EXPECT_NEAR(white.mean, 0, 4 * white.standard_error);
  EXPECT_LT(white.standard_error, 0.01);
}

TEST(SpectralSlope, OfBrownNoiseIsNearlyMinusTwo) {
  // 40,000 walks with NumPy's generator and Fourier transform; standard error .0012.
  constexpr double kExpected = -1.966;
  const Slopes brown = slopes_of("brown", true);
  EXPECT_NEAR(brown.mean, kExpected, 4 * std::hypot(brown.standard_error, .0012));
  EXPECT_LT(brown.standard_error, 0.01);
}

TEST(SpectralSlope, DoesNotSeeAStraightLineOrTheScale) {
  const at::Tensor series = gaussian_tensor("g", {64}), line = 30 + 5 * at::arange(64, at::kDouble);
  EXPECT_THAT(spectral_slope(1000 * series + line).value(),
              IsNear(spectral_slope(series).value(), kRounding));
}

TEST(SpectralSlope, SaysWhyItIsUndefined) {
  EXPECT_THAT(spectral_slope(gaussian_tensor("g", {11})).undefined, ::testing::HasSubstr("fewer than 12"));
  EXPECT_EQ(spectral_slope(at::zeros({64, 2})).undefined, "gradient is zero");
  const at::Tensor line = 30 + 5 * at::arange(64, at::kDouble);
  for (const at::Tensor& straight : {at::ones({64, 2}), line, line.to(at::kFloat) / 7})
    EXPECT_EQ(spectral_slope(straight).undefined, "gradient is a straight line along the inputs");
  EXPECT_THAT(spectral_slope(at::full({64}, NAN)).undefined, ::testing::HasSubstr("not finite"));
  EXPECT_THROW(spectral_slope(at::ones({})), std::invalid_argument);
}

}  // namespace
}  // namespace shatterproof::spectral_slope_test
