// SPDX-License-Identifier: Apache-2.0
#include "shatterproof/theory/arc_cosine.h"

#include <gtest/gtest.h>

#include <cmath>

#include "shatterproof/examine/setting.h"
#include "shatterproof/theory/residual.h"
#include "tests/matchers.h"

namespace shatterproof::arc_cosine_test {
namespace {

constexpr double kRounding = 1e-12;

PairPath path_of(const std::string& network, const PairMoments& start = {1, 1, 0}) {
  return follow_pair(rectifier_stack(setting_of(network)), start);
}

std::string with_depth(const char* family, int depth, const char* options = "") {
  return std::string(family) + ":input=200,depth=" + std::to_string(depth) + options;
}

TEST(ArcCosineMap, IsWhatTheIntegralSays) {
  // E rho(u) rho(v) of unit Gaussians with correlation c, by the trapezoidal rule in polar angle: u = r cos
  // t, v = r cos(t - theta), E r^2 = 2.
  for (const double c : {-1.0, -.6, 0.0, .3, .9, 1.0}) {
    const double theta = std::acos(c);
    constexpr int kSteps = 200'000;
    double both = 0, active = 0;
    for (int i = 0; i < kSteps; ++i) {
      const double t = 2 * M_PI * (i + .5) / kSteps;
      const double u = std::cos(t), v = std::cos(t - theta);
      both += std::max(0.0, u) * std::max(0.0, v) * 2 / kSteps;
      active += u > 0 && v > 0 ? 1.0 / kSteps : 0;
    }
    EXPECT_NEAR(arc_cosine_map(c), 2 * both, 1e-8) << c;
    EXPECT_NEAR(coactive_part(c), active, 2e-5) << c;
  }
  EXPECT_EQ(arc_cosine_map(1), 1);
  EXPECT_EQ(coactive_part(0), .25);
}

TEST(FollowPair, CoactivationGrowsTowardsAHalf) {
  constexpr double kPrintedDigits = 5e-4;
  const std::vector<double> coactivation = path_of(with_depth("feedforward", 50)).coactivation;
  const std::pair<int, double> expected[] = {{1, .250},  {2, .302},  {4, .353},
                                             {10, .413}, {24, .454}, {50, .475}};
  for (const auto& [layer, part] : expected) {
    EXPECT_NEAR(coactivation[static_cast<size_t>(layer - 1)], part, kPrintedDigits) << layer;
  }
}

TEST(FollowPair, WithoutNormTheCorrelationFallsLikeAPower) {
  struct Row {
    int depth;
    double feedforward, feedforward_digits, residual, residual_digits;
  };
  const Row rows[] = {{2, .302, 5e-4, .582, 5e-4},
                      {4, .142, 5e-4, .375, 5e-4},
                      {10, .034, 5e-4, .140, 5e-4},
                      {24, .0055, 5e-5, .033, 5e-4},
                      {50, .0009, 5e-5, .0068, 5e-5}};
  for (const Row& row : rows) {
    EXPECT_NEAR(path_of(with_depth("feedforward", row.depth)).correlation[0], row.feedforward,
                row.feedforward_digits)
        << row.depth;
    EXPECT_NEAR(path_of(with_depth("residual", row.depth)).correlation[0], row.residual, row.residual_digits)
        << row.depth;
  }
  const double slope = std::log2(path_of(with_depth("feedforward", 8000)).correlation[0] /
                                 path_of(with_depth("feedforward", 4000)).correlation[0]);
  EXPECT_NEAR(slope, -3, .02) << "theta_l tends to 3 pi / l";
}

TEST(FollowPair, WhereMeansAreTakenAwayIndependentInputsStayTheTypicalPair) {
  for (const int depth : {1, 2, 10, 50}) {
    for (const double beta : {.1, 1.0}) {
      const PairPath path =
          path_of(with_depth("residual", depth, (",norm=batch,beta=" + std::to_string(beta)).c_str()));
      EXPECT_THAT(path.correlation[0], IsNear(residual_gradient_correlation(depth, beta), kRounding));
      EXPECT_THAT(path.variance[0], IsNear(residual_gradient_variance(depth, beta), kRounding));
      EXPECT_NEAR(path.coactivation.back(), .25, kRounding);
    }
    const PairPath batch = path_of(with_depth("feedforward", depth, ",norm=batch"), {2, 2, 0});
    EXPECT_THAT(batch.correlation[0], IsNear(feedforward_gradient_correlation(depth), kRounding));
    EXPECT_THAT(batch.variance[0], IsNear(feedforward_batch_norm_growth(depth - 1) / 2, kRounding))
        << "the first norm divides by 2: He weights, and inputs that no rectifier has halved";
    const PairPath centred = path_of(with_depth("residual", depth, ",norm=center"));
    EXPECT_THAT(centred.correlation[0], IsNear(std::pow(.75, depth), kRounding));
    EXPECT_THAT(centred.variance[0], IsNear(std::exp2(depth), kRounding));
  }
}

TEST(FollowPair, EqualInputsStayEqual) {
  for (const char* options : {"", ",norm=center", ",norm=batch"}) {
    const PairPath path = path_of(with_depth("residual", 20, options), {1, 1, 1});
    // arccos loses half of the digits at 1.
    EXPECT_NEAR(path.correlation[0], 1, 1e-5) << options;
    EXPECT_NEAR(path.coactivation.back(), .5, 1e-6) << options;
  }
}

TEST(FollowPair, BeyondWhereSizesWouldOverflowOnlyRatiosCount) {
  const PairPath path = path_of(with_depth("residual", 5000));
  EXPECT_TRUE(std::isfinite(path.correlation[0]));
  EXPECT_NEAR(path.coactivation.back(), .5, .01);
}

TEST(FollowPair, TwoLayersOnABranchMultiplyTheirGates) {
  const PairPath path = path_of(with_depth("residual", 2, ",layers_per_block=2"));
  const double second = 2 * coactive_part(arc_cosine_map(0));
  EXPECT_THAT(path.correlation[0], IsNear((1 + .5 * second) / 2, kRounding));
  ASSERT_EQ(path.coactivation.size(), 2U);
  EXPECT_THAT(path.coactivation[1], IsNear(second / 2, kRounding));
}

}  // namespace
}  // namespace shatterproof::arc_cosine_test
