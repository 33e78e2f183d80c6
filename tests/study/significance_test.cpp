// SPDX-License-Identifier: Apache-2.0
#include "study/significance.h"

#include <gtest/gtest.h>

#include <cmath>

#include "tests/matchers.h"

namespace shatterproof {
namespace {

// The density of the beta distribution, added up; free of poles for a, b >= 1.
double added_up(double x, double a, double b) {
  constexpr int kSteps = 200'000;
  double below = 0, all = 0;
  for (int i = 0; i < kSteps; ++i) {
    const double t = (i + .5) / kSteps;
    const double density = std::pow(t, a - 1) * std::pow(1 - t, b - 1);
    all += density;
    below += t < x ? density : 0;
  }
  return below / all;
}

TEST(IncompleteBeta, IsTheSumOfItsDensity) {
  for (const double a : {1.0, 2.5, 40.0}) {
    for (const double b : {1.0, 3.0, 17.5}) {
      for (const double x : {.1, .5, .9}) EXPECT_NEAR(incomplete_beta(x, a, b), added_up(x, a, b), 2e-5);
    }
  }
  EXPECT_THAT(incomplete_beta(.25, .5, .5), IsNear(1.0 / 3, 1e-13));  // 2/pi asin(sqrt x)
  EXPECT_EQ(incomplete_beta(0, 2, 3), 0);
  EXPECT_EQ(incomplete_beta(1, 2, 3), 1);
}

TEST(StudentFactor, IsThatOfTables) {
  const double ninety_five = 1.959963984540054;
  EXPECT_THAT(student_factor(ninety_five, 2), IsNear(12.7062, 1e-5));
  EXPECT_THAT(student_factor(ninety_five, 6), IsNear(2.57058, 1e-5));
  EXPECT_THAT(student_factor(-ninety_five, 31), IsNear(-2.04227, 1e-5));
  EXPECT_NEAR(student_factor(4, 1e7), 4, 1e-4);
  EXPECT_EQ(student_factor(0, 6), 0);
}

TEST(LargestF, IsThatOfTables) {
  const double ninety_five = 1.959963984540054;
  EXPECT_THAT(largest_f(ninety_five, 3, 10), IsNear(3.70826, 1e-5));
  EXPECT_THAT(largest_f(ninety_five, 1, 5), IsNear(std::pow(2.57058, 2), 1e-5));
  EXPECT_THAT(largest_f(ninety_five, 2, 1e7), IsNear(5.99146 / 2, 1e-5));  // chi-square over its degrees
}

}  // namespace
}  // namespace shatterproof
