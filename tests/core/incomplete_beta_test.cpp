// SPDX-License-Identifier: Apache-2.0
#include "core/incomplete_beta.h"

#include <gtest/gtest.h>

#include <cmath>

#include "tests/matchers.h"

namespace shatterproof::incomplete_beta_test {
namespace {

constexpr double kPromised = 1e-13;

double below(double x, double a, double b) {
  return incomplete_beta(x, 1 - x, a, b);
}

TEST(IncompleteBeta, IsWhatAHandComputes) {
  for (const double x : {0.0, .01, .25, .5, .75, .99, 1.0}) {
    EXPECT_NEAR(below(x, 1, 1), x, kPromised);
    EXPECT_NEAR(below(x, 2, 2), 3 * x * x - 2 * x * x * x, kPromised);
    EXPECT_NEAR(below(x, 3, 1), x * x * x, kPromised);
    EXPECT_NEAR(below(x, .5, .5), 2 / M_PI * std::asin(std::sqrt(x)), kPromised);
  }
}

TEST(IncompleteBeta, IsOneLessItsOtherSide) {
  for (const double a : {.5, 1.5, 30.0}) {
    for (const double b : {.5, 2.0, 7.5}) {
      for (const double x : {.1, .5, .8}) EXPECT_NEAR(below(x, a, b) + below(1 - x, b, a), 1, kPromised);
    }
  }
}

// The density of the beta distribution, added up; free of poles for a, b >= 1.
double added_up(double x, double a, double b) {
  constexpr int kSteps = 200'000;
  double part = 0, all = 0;
  for (int i = 0; i < kSteps; ++i) {
    const double t = (i + .5) / kSteps;
    const double density = std::pow(t, a - 1) * std::pow(1 - t, b - 1);
    all += density;
    part += t < x ? density : 0;
  }
  return part / all;
}

TEST(IncompleteBeta, IsTheSumOfItsDensity) {
  constexpr double kOneStep = 2e-5;
  for (const double a : {1.0, 2.5, 40.0}) {
    for (const double b : {1.0, 3.0, 17.5}) {
      for (const double x : {.1, .5, .9}) EXPECT_NEAR(below(x, a, b), added_up(x, a, b), kOneStep);
    }
  }
}

// 1 - x alone would be 1e-20 in a number that ends at 1e-16.
TEST(IncompleteBeta, KeepsWhatIsLostBesideOne) {
  constexpr double kRest = 1e-20;
  EXPECT_THAT(incomplete_beta(kRest, 1, .5, 2), IsNear(1.5e-10, kPromised)) << "x^(1/2) / (B(1/2, 2) / 2)";
  EXPECT_EQ(incomplete_beta(1, kRest, 2, .5), 1 - incomplete_beta(kRest, 1, .5, 2));
}

}  // namespace
}  // namespace shatterproof::incomplete_beta_test
