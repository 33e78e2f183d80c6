// SPDX-License-Identifier: Apache-2.0
#include "shatterproof/theory/gradient_kernel.h"

#include <gtest/gtest.h>

#include <cmath>
#include <stdexcept>

#include "shatterproof/examine/setting.h"
#include "shatterproof/theory/arc_cosine.h"
#include "shatterproof/theory/noise.h"

namespace shatterproof::gradient_kernel_test {
namespace {

std::vector<double> grid(double from, double to, int points) {
  std::vector<double> x;
  for (int i = 0; i < points; ++i) x.push_back(from + (to - from) * i / (points - 1));
  return x;
}

double entry(const CovarianceMatrix& covariance, size_t i, size_t j) {
  return covariance.values[i * covariance.size + j];
}

// K_L(x, x') over K_L(x, x)'s growth, the recursion itself without derivatives.
double kernel(const RectifierStack& stack, double bias_std, double x, double other) {
  const double bias = bias_std * bias_std, q = x * x + bias, q_other = other * other + bias;
  double k = x * other + bias;
  for (const RectifierBlock& block : stack.blocks) {
    double branch = k;
    for (int64_t l = 0; l < block.rectifiers; ++l) {
      branch = std::sqrt(q * q_other) * arc_cosine_map(branch / std::sqrt(q * q_other));
    }
    const double skip = block.skip * block.skip, scale = block.branch * block.branch;
    k = (skip * k + scale * branch) / (skip + scale);
  }
  return k;
}

TEST(GradientKernel, IsTheSecondDerivativeOfTheKernel) {
  constexpr double kStep = 1e-3, kDifferences = 2e-5;  // step^2 times fourth derivatives
  const std::vector<double> x = {-1.7, -.4, .3, .9, 1.6};
  for (const char* network : {"feedforward:depth=1", "feedforward:depth=5", "residual:depth=6,beta=0.7",
                              "highway:depth=4", "residual:depth=4,layers_per_block=2"}) {
    const RectifierStack stack = rectifier_stack(setting_of(network));
    for (const double bias : {1.0, .5}) {
      const CovarianceMatrix covariance = gradient_kernel(stack, bias, x);
      for (size_t i = 0; i < x.size(); ++i) {
        for (size_t j = 0; j < x.size(); ++j) {
          if (i == j) continue;
          const auto k = [&](double a, double b) {
            return kernel(stack, bias, x[i] + a * kStep, x[j] + b * kStep);
          };
          const double difference = (k(1, 1) - k(1, -1) - k(-1, 1) + k(-1, -1)) / (4 * kStep * kStep);
          EXPECT_NEAR(entry(covariance, i, j), difference, kDifferences)
              << network << " bias " << bias << " at " << x[i] << ", " << x[j];
        }
      }
    }
  }
}

TEST(GradientKernel, ApproachesTheVarianceAtTheDiagonal) {
  const RectifierStack stack = rectifier_stack(setting_of("feedforward:depth=10"));
  for (const double at : {-1.0, 0.0, 2.0}) {
    double nearest = 0;
    for (const double step : {1e-2, 1e-4, 1e-6}) {
      const double covariance = entry(gradient_kernel(stack, 1, std::vector{at, at + step}), 0, 1);
      EXPECT_LT(covariance, 1);
      EXPECT_GT(covariance, nearest) << at << " + " << step;
      EXPECT_NEAR(covariance, 1, 4 * step * 10) << "a kink, not a pole";
      nearest = covariance;
    }
  }
}

TEST(GradientKernel, WithoutBiasesHasTwoSlopes) {
  const CovarianceMatrix covariance = gradient_kernel(rectifier_stack(setting_of("feedforward:depth=1")), 0,
                                                      std::vector{-2.0, -1.0, 1.0, 2.0});
  EXPECT_NEAR(entry(covariance, 0, 1), 1, 1e-7);
  EXPECT_NEAR(entry(covariance, 2, 3), 1, 1e-7);
  EXPECT_NEAR(entry(covariance, 1, 2), 0, 1e-7);
}

TEST(GradientKernel, IsNotDefinedWithBatchStatistics) {
  const RectifierStack stack = rectifier_stack(setting_of("feedforward:depth=2,norm=batch"));
  EXPECT_THROW(gradient_kernel(stack, 1, std::vector{0.0, 1.0}), std::invalid_argument);
}

TEST(ShallowGradientKernel, IsBrownianInTheTimeOfTheBiases) {
  const CovarianceMatrix covariance = shallow_gradient_kernel(.5, std::vector{-.25, 0.0, .5});
  EXPECT_NEAR(entry(covariance, 1, 1), .5, 1e-15);
  EXPECT_NEAR(entry(covariance, 2, 1), .5, 1e-15);
  EXPECT_NEAR(entry(covariance, 2, 2), .8413447460685429, 1e-12);
  EXPECT_NEAR(entry(covariance, 0, 2), .3085375387259869, 1e-12);
  EXPECT_THROW(shallow_gradient_kernel(0, std::vector{1.0}), std::invalid_argument);
}

TEST(MeanOverDraws, HasTheCovarianceItWasGiven) {
  const CovarianceMatrix covariance = {2, {2, -.6, -.6, .5}};
  const MeanOverDraws drawn = mean_over_draws(covariance, 20'000, 3, [](std::span<const double> g) {
    return std::vector<double>{g[0], g[1], g[0] * g[0], g[0] * g[1], g[1] * g[1]};
  });
  const double expected[] = {0, 0, 2, -.6, .5};
  for (size_t i = 0; i < 5; ++i) EXPECT_NEAR(drawn.mean[i], expected[i], 4 * drawn.standard_error[i]) << i;
  EXPECT_NEAR(drawn.standard_error[0], std::sqrt(2.0 / 20'000), 2e-4);
}

TEST(MeanOverDraws, LeavesOutWhatIsNotFinite) {
  const CovarianceMatrix covariance = {1, {1}};
  const auto positive = [](std::span<const double> g) { return std::vector<double>{std::log(g[0])}; };
  EXPECT_TRUE(std::isfinite(mean_over_draws(covariance, 100, 1, positive).mean[0]));
  EXPECT_THROW(mean_over_draws(covariance, 1, 1, positive), std::invalid_argument);
}

// Autocorrelation on 256 points of [-2, 2], 4,000 draws of an independent program.
TEST(GradientKernel, AutocorrelationIsAsComputedIndependently) {
  struct Row {
    int depth;
    double lag_1, lag_5, lag_15;
  };
  constexpr Row kRows[] = {
      {2, .972, .866, .646}, {4, .964, .833, .575}, {10, .940, .740, .434}, {24, .885, .582, .301}};
  constexpr double kDigits = 5e-4;
  const double both = 4 * std::sqrt(2.0);  // standard errors of both means
  for (const Row& row : kRows) {
    const RectifierStack stack =
        rectifier_stack(setting_of("feedforward:depth=" + std::to_string(row.depth)));
    const MeanOverDraws drawn =
        mean_over_draws(gradient_kernel(stack, 1, grid(-2, 2, 256)), 4000, 1,
                        [](std::span<const double> g) { return sample_autocorrelation(g, 15); });
    const std::pair<size_t, double> expected[] = {{1, row.lag_1}, {5, row.lag_5}, {15, row.lag_15}};
    for (const auto& [lag, value] : expected) {
      EXPECT_NEAR(drawn.mean[lag], value, both * drawn.standard_error[lag] + kDigits)
          << "depth " << row.depth << " lag " << lag;
    }
  }
}

}  // namespace
}  // namespace shatterproof::gradient_kernel_test
