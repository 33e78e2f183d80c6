// SPDX-License-Identifier: Apache-2.0
#include "shatterproof/theory/noise.h"

#include <gtest/gtest.h>

#include <cmath>
#include <stdexcept>

#include "tests/matchers.h"

namespace shatterproof::noise_test {
namespace {

TEST(SampleAutocorrelation, OfAKnownSeries) {
  const std::vector<double> rho = sample_autocorrelation(std::vector{1.0, 2.0, 3.0, 6.0}, 3);
  const double expected[] = {1, 2.0 / 14, -3.0 / 14, -6.0 / 14};  // centred: -2 -1 0 3, squares 14
  for (size_t lag = 0; lag < 4; ++lag) EXPECT_THAT(rho[lag], IsNear(expected[lag], 1e-14)) << lag;
}

TEST(SampleAutocorrelation, RefusesMoreLagsThanThereAre) {
  EXPECT_THROW(sample_autocorrelation(std::vector{1.0, 2.0}, 2), std::invalid_argument);
  EXPECT_THROW(sample_autocorrelation(std::vector{1.0, 2.0}, -1), std::invalid_argument);
  EXPECT_TRUE(std::isnan(sample_autocorrelation(std::vector{1.0, 1.0}, 1)[1])) << "a constant series";
}

TEST(WhiteNoise, AutocorrelationIsWhatDrawnSeriesHave) {
  constexpr size_t kPoints = 16;
  CovarianceMatrix identity = {kPoints, std::vector<double>(kPoints * kPoints)};
  for (size_t i = 0; i < kPoints; ++i) identity.values[i * kPoints + i] = 1;
  const MeanOverDraws drawn = mean_over_draws(
      identity, 20'000, 5, [](std::span<const double> g) { return sample_autocorrelation(g, 8); });
  const std::vector<double> exact = white_noise_autocorrelation(kPoints, 8);
  for (size_t lag = 1; lag <= 8; ++lag) {
    EXPECT_NEAR(drawn.mean[lag], exact[lag], 4 * drawn.standard_error[lag]) << lag;
  }
  EXPECT_NEAR(white_noise_autocorrelation(256, 1)[1], -1.0 / 256, 1e-15) << "-1/255 times 255/256";
}

TEST(BrownNoise, AutocorrelationIsAsSimulatedIndependently) {
  constexpr double kStandardError = .0012;  // of the independent means, at most; those here are no larger
  const std::pair<size_t, double> expected[] = {{1, .9715}, {2, .943},  {3, .915},
                                                {5, .8635}, {10, .739}, {15, .633}};
  const MeanOverDraws brown = brown_noise_autocorrelation(256, 15);
  for (const auto& [lag, value] : expected) {
    EXPECT_LE(brown.standard_error[lag], kStandardError * 1.05) << lag;
    const double scale = brown.standard_error[lag] / brown.standard_error[15];
    EXPECT_NEAR(brown.mean[lag], value, 4 * std::sqrt(2.0) * kStandardError * scale + 5e-4) << lag;
  }
}

TEST(BrownNoise, IsTheSameForTheSameSeed) {
  EXPECT_EQ(brown_noise_autocorrelation(32, 3, 50, 9).mean, brown_noise_autocorrelation(32, 3, 50, 9).mean);
  EXPECT_NE(brown_noise_autocorrelation(32, 3, 50, 9).mean, brown_noise_autocorrelation(32, 3, 50, 8).mean);
}

TEST(EffectiveRank, OfGaussianMatricesIsNearItsLimitAndItsEdge) {
  EXPECT_EQ(gaussian_effective_rank(100, 100), 25);
  const int64_t sizes[][2] = {{128, 128}, {256, 100}, {100, 256}};
  for (const auto& [examples, units] : sizes) {
    const double b = std::sqrt(static_cast<double>(examples)), d = std::sqrt(static_cast<double>(units));
    // The largest eigenvalue lies inside the edge: mean -1.2065 of the Tracy-Widom law of real matrices.
    const double inside = 1 - 1.2065 * std::cbrt(1 / b + 1 / d) / (b + d);
    const MeanOverDraws drawn = simulated_effective_rank(examples, units, 80);
    constexpr double kNextOrder = .01;  // centring one example away, and higher orders in the size
    EXPECT_THAT(drawn.mean[0], IsNear(gaussian_effective_rank(examples, units) / inside,
                                      kNextOrder + 4 * drawn.standard_error[0] / drawn.mean[0]))
        << examples << " x " << units;
  }
}

TEST(EffectiveRank, OfOneUnitOrTwoExamplesIsOne) {
  EXPECT_NEAR(simulated_effective_rank(10, 1).mean[0], 1, 1e-9);
  EXPECT_NEAR(simulated_effective_rank(2, 10).mean[0], 1, 1e-9);
  EXPECT_THROW(simulated_effective_rank(1, 10), std::invalid_argument);
}

TEST(EffectiveRank, OfFewExamplesIsTheSameFromTheirSideAndFromTheUnits) {
  // Three examples, centred: two directions, whatever the number of units beyond; ranks from 1 to 2.
  const MeanOverDraws wide = simulated_effective_rank(3, 2000, 200),
                      tall = simulated_effective_rank(2001, 2, 200);
  EXPECT_NEAR(wide.mean[0], tall.mean[0], 4 * std::hypot(wide.standard_error[0], tall.standard_error[0]));
  EXPECT_GT(wide.mean[0], 1.9);
  EXPECT_LT(wide.mean[0], 2);
}

TEST(SignalToNoise, OfWhiteGradientsFallsWithTheBatch) {
  EXPECT_EQ(signal_to_noise_floor(259), 1.0 / 16);
  EXPECT_THROW(signal_to_noise_floor(3), std::invalid_argument);
}

}  // namespace
}  // namespace shatterproof::noise_test
