// SPDX-License-Identifier: Apache-2.0
#include "study/significance.h"

#include <gtest/gtest.h>

#include <cmath>

#include "tests/matchers.h"

namespace shatterproof::significance_test {
namespace {

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
}  // namespace shatterproof::significance_test
