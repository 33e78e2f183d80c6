// SPDX-License-Identifier: Apache-2.0
#include "shatterproof/theory/mean_field.h"

#include <gtest/gtest.h>

#include <array>
#include <cmath>

#include "shatterproof/theory/arc_cosine.h"
#include "tests/matchers.h"

namespace shatterproof::mean_field_test {
namespace {

constexpr double kExact = 1e-12;

double normal_distribution(double z) {
  return std::erfc(-z / std::sqrt(2)) / 2;
}

TEST(LayerMoments, OfRectifiersAreClosedForms) {
  for (const double q : {1.0, 1e-4, 7.0}) {
    for (const double slope : {0.0, .25, -1.0}) {
      const LayerMoments moments = layer_moments(nonlinearity_of("prelu", slope), q);
      EXPECT_NEAR(moments.mean, (1 - slope) * std::sqrt(q / (2 * M_PI)), kExact * q);
      EXPECT_NEAR(moments.mean_square, q * (1 + slope * slope) / 2, kExact * q);
      EXPECT_NEAR(moments.mean_slope, (1 + slope) / 2, kExact);
      EXPECT_NEAR(moments.slope_square, (1 + slope * slope) / 2, kExact);
    }
  }
}

// E e^{kz} over z < 0 is e^{k^2/2} Phi(-k).
TEST(LayerMoments, OfSeluAreClosedForms) {
  const double scale = nonlinearity_of("selu").derivative(1),
               alpha = -nonlinearity_of("selu").value(-60) / scale;
  const double once = std::exp(.5) * normal_distribution(-1), twice = std::exp(2) * normal_distribution(-2);
  const LayerMoments moments = layer_moments(nonlinearity_of("selu"), 1);
  EXPECT_NEAR(moments.mean, scale * (1 / std::sqrt(2 * M_PI) + alpha * (once - .5)), kExact);
  EXPECT_NEAR(moments.mean_square, scale * scale * (.5 + alpha * alpha * (twice - 2 * once + .5)), kExact);
  EXPECT_NEAR(moments.slope_square, scale * scale * (.5 + alpha * alpha * twice), kExact);
  EXPECT_NEAR(moments.mean, 0, kExact) << "what its constants were made for";
  EXPECT_NEAR(moments.mean_square, 1, kExact);
}

// (E phi')^2 <= E phi'^2, and Poincare's inequality Var phi <= E phi'^2, with equality for lines alone.
TEST(LayerMoments, ObeyTheInequalitiesThatMakeGradientsGrow) {
  for (const Nonlinearity& phi : nonlinearities()) {
    const LayerMoments moments = layer_moments(phi, 1);
    const double least = phi.name == "identity" ? 0 : 1e-3;
    EXPECT_GE(moments.slope_square, moments.mean_slope * moments.mean_slope + least - kExact) << phi.name;
    EXPECT_GE(moments.slope_square, moments.variance() + least - kExact) << phi.name;
  }
}

TEST(LengthMap, KeepsWhatHeWeightsAndSeluKeep) {
  for (const double q : {.01, 1.0, 30.0}) {
    EXPECT_THAT(length_map(nonlinearity_of("relu"), {2, 0}, q), IsNear(q, kExact));
    EXPECT_THAT(length_map(nonlinearity_of("identity"), {1, .5}, q), IsNear(q + .5, kExact));
    EXPECT_LT(length_map(nonlinearity_of("tanh"), {1, 0}, q), q);
  }
  EXPECT_NEAR(length_map(nonlinearity_of("selu"), {1, 0}, 1), 1, kExact);
}

TEST(CorrelationMap, OfRectifiersIsTheArcCosine) {
  for (const double c : {-.9, -.3, 0.0, .5, .99, 1.0}) {
    EXPECT_NEAR(correlation_map(nonlinearity_of("relu"), {2, 0}, 3, c), arc_cosine_map(c), 1e-11) << c;
    EXPECT_NEAR(correlation_map_slope(nonlinearity_of("relu"), {2, 0}, 3, c), 2 * coactive_part(c), 1e-6)
        << c;
  }
}

TEST(CorrelationMap, KeepsEqualInputsEqualAndHasItsSlope) {
  constexpr double kStep = 1e-4, kThirdOrder = 1e-6;
  for (const char* name : {"tanh", "selu", "gelu"}) {
    const Nonlinearity phi = nonlinearity_of(name);
    EXPECT_NEAR(correlation_map(phi, {1.7, .1}, 1, 1), 1, kExact) << name;
    const auto at = [&](double c) { return correlation_map(phi, {1.7, .1}, 1, c); };
    EXPECT_NEAR(correlation_map_slope(phi, {1.7, .1}, 1, .4), (at(.4 + kStep) - at(.4 - kStep)) / (2 * kStep),
                kThirdOrder)
        << name;
  }
  EXPECT_NEAR(correlation_map(nonlinearity_of("tanh"), {1, 0}, 1, 0), 0, kExact) << "odd";
  EXPECT_NEAR(correlation_map(nonlinearity_of("identity"), {1, 0}, 1, .3), .3, kExact);
}

TEST(FixedPoint, IsOrderedBelowAndChaoticAboveOne) {
  const Nonlinearity tanh = nonlinearity_of("tanh");
  const auto ordered = fixed_point(tanh, {1, .3}), chaotic = fixed_point(tanh, {4, .05});
  ASSERT_TRUE(ordered && chaotic);
  EXPECT_NEAR(length_map(tanh, {1, .3}, ordered->length), ordered->length, kExact);
  EXPECT_LT(ordered->chi_1, 1);
  EXPECT_EQ(ordered->correlation, 1);
  EXPECT_THAT(ordered->correlation_depth, IsNear(-1 / std::log(ordered->chi_1), kExact));
  EXPECT_GT(chaotic->chi_1, 1);
  EXPECT_LT(chaotic->correlation, 1);
  const double c = chaotic->correlation;
  EXPECT_NEAR(correlation_map(tanh, {4, .05}, chaotic->length, c), c, 1e-11);
  EXPECT_LT(chaotic->length_depth, chaotic->correlation_depth) << "lengths settle first";
}

// What is left of a small displacement after a layer is what its depth says.
TEST(FixedPoint, LengthsSettleOverTheirDepth) {
  const Nonlinearity tanh = nonlinearity_of("tanh");
  const FixedPoint point = *fixed_point(tanh, {2, .1});
  const double off = 1e-5 * point.length;
  const double left = (length_map(tanh, {2, .1}, point.length + off) - point.length) / off;
  EXPECT_NEAR(left, std::exp(-1 / point.length_depth), 1e-4);
}

TEST(FixedPoint, OfRectifiersWithHeWeightsIsCritical) {
  const auto point = fixed_point(nonlinearity_of("relu"), {2, 0});
  ASSERT_TRUE(point);
  EXPECT_THAT(point->chi_1, IsNear(1, kExact));
  EXPECT_TRUE(std::isinf(point->correlation_depth) && std::isinf(point->length_depth));
}

TEST(FixedPoint, IsMissingWhereLengthsDoNotSettle) {
  EXPECT_FALSE(fixed_point(nonlinearity_of("tanh"), {1, 0})) << "falls like 1/(2 l)";
  EXPECT_FALSE(fixed_point(nonlinearity_of("relu"), {1, 0})) << "halves";
  EXPECT_FALSE(fixed_point(nonlinearity_of("relu"), {3, 0})) << "grows";
  EXPECT_FALSE(fixed_point(nonlinearity_of("identity"), {1, .1})) << "grows";
}

TEST(InverseWidthSum, AddsUp) {
  const std::array<int64_t, 3> widths = {100, 50, 4};
  EXPECT_NEAR(inverse_width_sum(widths), .28, 1e-15);
  EXPECT_EQ(inverse_width_sum({}), 0);
}

}  // namespace
}  // namespace shatterproof::mean_field_test
