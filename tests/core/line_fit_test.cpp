// SPDX-License-Identifier: Apache-2.0
#include "shatterproof/core/line_fit.h"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

namespace shatterproof::line_fit_test {
namespace {

constexpr double kRounding = 1e-12;

TEST(LineFit, OfPointsOnALineIsThatLine) {
  const std::vector<double> x = {-3, 1, 2, 10}, y = {11, 3, 1, -15};  // y = 5 - 2 x
  const LineFit fit = line_fit(x, y);
  EXPECT_NEAR(fit.slope, -2, kRounding);
  EXPECT_NEAR(fit.intercept, 5, kRounding);
  EXPECT_NEAR(fit.explained, 1, kRounding);
}

TEST(LineFit, OfThreePointsByHand) {
  const std::vector<double> y = {0, 3, 0};  // means 1 and 1; no slope
  EXPECT_NEAR(line_fit(y).slope, 0, kRounding);
  EXPECT_NEAR(line_fit(y).intercept, 1, kRounding);
  EXPECT_NEAR(line_fit(y).explained, 0, kRounding);
  const std::vector<double> rising = {0, 0, 3};  // sum (x - 1)(y - 1) = 3, over 2
  EXPECT_NEAR(line_fit(rising).slope, 1.5, kRounding);
  EXPECT_NEAR(line_fit(rising).explained, .75, kRounding);  // 9 / (2 * 6)
  EXPECT_NEAR(line_fit(rising).x_squares, 2, kRounding);
  EXPECT_NEAR(line_fit(rising).y_squares, 6, kRounding);
}

TEST(LineFit, IsNoNumberWhereThereIsNoLine) {
  const std::vector<double> same = {2, 2}, other = {1, 3};
  EXPECT_TRUE(std::isnan(line_fit(same, other).slope));
  EXPECT_TRUE(std::isnan(line_fit(other, same).explained));
  EXPECT_EQ(line_fit(other, same).slope, 0);
}

}  // namespace
}  // namespace shatterproof::line_fit_test
