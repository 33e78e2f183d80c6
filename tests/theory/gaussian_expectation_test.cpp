// SPDX-License-Identifier: Apache-2.0
#include "shatterproof/theory/gaussian_expectation.h"

#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <numeric>

#include "tests/matchers.h"

namespace shatterproof::gaussian_expectation_test {
namespace {

constexpr double kExact = 1e-12;

TEST(GaussianExpectation, HasEveryMoment) {
  double moment = 1;  // (2 n - 1)!!
  for (int n = 0; n <= 8; ++n) {
    EXPECT_THAT(gaussian_expectation([&](double z) { return std::pow(z, 2 * n); }), IsNear(moment, kExact))
        << n;
    EXPECT_NEAR(gaussian_expectation([&](double z) { return std::pow(z, 2 * n + 1); }), 0, kExact * moment)
        << n;
    moment *= 2 * n + 1;
  }
}

TEST(GaussianExpectation, IsTheClosedFormOfWhatHasOne) {
  EXPECT_THAT(gaussian_expectation([](double z) { return std::cos(3 * z); }), IsNear(std::exp(-4.5), kExact));
  EXPECT_THAT(gaussian_expectation([](double z) { return std::exp(z); }), IsNear(std::exp(.5), kExact));
  EXPECT_THAT(gaussian_expectation([](double z) { return std::abs(z); }),
              IsNear(std::sqrt(2 / M_PI), kExact));
  EXPECT_THAT(gaussian_expectation([](double z) { return z > 0 ? z * z : 0; }), IsNear(.5, kExact));
}

TEST(GaussianExpectation, SplitsAtKinks) {
  for (const double kink : {-3.7, -1.0, .3, 2.2, 11.5, 40.0}) {
    const std::array<double, 1> kinks = {kink};
    // E (z - k)+ = density(k) - k P(z > k)
    const double density = std::exp(-kink * kink / 2) / std::sqrt(2 * M_PI);
    const double expected = density - kink * std::erfc(kink / std::sqrt(2)) / 2;
    EXPECT_NEAR(gaussian_expectation([&](double z) { return std::max(0.0, z - kink); }, kinks), expected,
                kExact)
        << kink;
    EXPECT_NEAR(gaussian_expectation([&](double z) { return z > kink ? 1.0 : 0.0; }, kinks),
                std::erfc(kink / std::sqrt(2)) / 2, kExact)
        << kink;
  }
}

// The trapezoidal rule, which converges faster than any power for what is smooth on the whole line.
TEST(GaussianExpectation, ResolvesWhatTurnsSharplyAtZero) {
  for (const double steepness : {.1, 1.0, 10.0, 100.0}) {
    const double step = .05 / (1 + steepness);
    double expected = 0;
    for (double z = -12; z <= 12; z += step) {
      expected += step * std::exp(-z * z / 2) / std::sqrt(2 * M_PI) * std::pow(std::tanh(steepness * z), 2);
    }
    const double found =
        gaussian_expectation([&](double z) { return std::pow(std::tanh(steepness * z), 2); });
    EXPECT_THAT(found, IsNear(expected, kExact)) << steepness;
  }
}

TEST(GaussianRule, AddsUpToOneAndTouchesNoKink) {
  const std::array<double, 2> kinks = {.25, -2};
  const GaussianRule rule = gaussian_rule(kinks);
  EXPECT_NEAR(std::accumulate(rule.weight.begin(), rule.weight.end(), 0.0), 1, kExact);
  for (const double z : rule.z) EXPECT_TRUE(z != 0 && z != .25 && z != -2);
}

}  // namespace
}  // namespace shatterproof::gaussian_expectation_test
