// SPDX-License-Identifier: Apache-2.0
#include "shatterproof/theory/recurrent.h"

#include <gtest/gtest.h>

#include <cmath>

#include "tests/matchers.h"

namespace shatterproof::recurrent_test {
namespace {

constexpr double kExact = 1e-9;  // integrals over smooth functions, fixed points settled to 1e-13

double sigmoid(double x) {
  return 1 / (1 + std::exp(-x));
}

TEST(RecurrentGrowth, OfALinearRecurrenceIsItsSpectralRadius) {
  for (const double radius : {.5, 1.0, 1.5})
    EXPECT_THAT(recurrent_growth(nonlinearity_of("identity"), {radius * radius, .3}), IsNear(radius, kExact));
}

TEST(RecurrentGrowth, OfRectifiersKeepsHalfOfTheSquares) {
  EXPECT_THAT(recurrent_growth(nonlinearity_of("relu"), {1, .3}), IsNear(std::sqrt(.5), kExact));
  EXPECT_THAT(recurrent_growth(nonlinearity_of("relu"), {2, .3}), IsNear(1, kExact)) << "q grows for ever";
}

TEST(RecurrentGrowth, OfTanhIsBelowItsSpectralRadiusTheMoreItIsDriven) {
  const Nonlinearity tanh = nonlinearity_of("tanh");
  EXPECT_THAT(recurrent_growth(tanh, {.25, 1e-12}), IsNear(.5, 1e-6)) << "as good as linear";
  EXPECT_LT(recurrent_growth(tanh, {1, 1}), recurrent_growth(tanh, {1, .1}));
  EXPECT_GT(recurrent_growth(tanh, {4, 1}), 1) << "chaos";
  EXPECT_EQ(recurrent_growth(tanh, {0, 1}), 0);
}

// Without recurrent weights, and gates that inputs do not move, only the state's own decay is left.
TEST(GatedGrowth, WithoutWeightsIsTheGateThatKeepsTheState) {
  for (const double bias : {0.0, 1.0, 5.3}) {
    const GatedGrowth lstm = lstm_growth({0, 0}, {0, bias, 0}), gru = gru_growth({0, 0}, bias, 0);
    EXPECT_THAT(lstm.factor, IsNear(sigmoid(bias), kExact));
    EXPECT_THAT(lstm.retention, IsNear(sigmoid(bias), kExact));
    EXPECT_THAT(gru.factor, IsNear(sigmoid(bias), kExact));
    EXPECT_THAT(gru.retention, IsNear(sigmoid(bias), kExact));
  }
}

// Signals so small that every gate stands at 1/2: c' = c/2 + R c/4, of spectral radius 1/2 + sigma_w/4.
TEST(GatedGrowth, OfSmallSignalsIsTheSpectralRadiusOfTheLinearMap) {
  for (const double radius : {.3, .577, .9}) {
    EXPECT_THAT(lstm_growth({radius * radius, 1e-14}, {}).factor, IsNear(.5 + radius / 4, 1e-5));
    EXPECT_THAT(gru_growth({radius * radius, 1e-14}, 0, 0).factor, IsNear(.5 + radius / 4, 1e-5));
  }
}

TEST(GatedGrowth, RisesWithTheBiasOfTheGateThatKeepsTheState) {
  double lstm = 0, gru = 0;
  for (const double bias : {-1.0, 0.0, 1.0, 2.0}) {
    EXPECT_GT(lstm_growth({1.0 / 3, .5}, {0, bias, 0}).factor, lstm);
    EXPECT_GT(gru_growth({1.0 / 3, .5}, bias, 0).factor, gru);
    lstm = lstm_growth({1.0 / 3, .5}, {0, bias, 0}).factor;
    gru = gru_growth({1.0 / 3, .5}, bias, 0).factor;
  }
}

}  // namespace
}  // namespace shatterproof::recurrent_test
