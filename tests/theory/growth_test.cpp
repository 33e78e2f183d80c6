// SPDX-License-Identifier: Apache-2.0
#include "shatterproof/theory/growth.h"

#include <gtest/gtest.h>

#include <cmath>

#include "tests/matchers.h"

namespace shatterproof::growth_test {
namespace {

constexpr double kExact = 1e-12;
constexpr double kPrintedDigits = 5e-6;  // references are given to five decimals

TEST(LayerGrowth, IsThePrintedNumber) {
  EXPECT_NEAR(layer_growth(nonlinearity_of("relu")), 1, kExact);
  EXPECT_NEAR(layer_growth(nonlinearity_of("tanh")), 1.08527, kPrintedDigits);
  EXPECT_NEAR(layer_growth(nonlinearity_of("selu")), 1.03517, kPrintedDigits);
  EXPECT_NEAR(layer_growth(nonlinearity_of("identity")), 1, kExact);
  EXPECT_THAT(batch_norm_growth(nonlinearity_of("relu")), IsNear(std::sqrt(M_PI / (M_PI - 1)), kExact));
  EXPECT_NEAR(batch_norm_growth(nonlinearity_of("relu")), 1.21117, kPrintedDigits);
  EXPECT_NEAR(batch_norm_growth(nonlinearity_of("tanh")), 1.08527, kPrintedDigits);
  EXPECT_NEAR(batch_norm_growth(nonlinearity_of("selu")), 1.03517, kPrintedDigits);
}

TEST(LayerGrowth, RisesWithTheWidthOfTheSignalWhereTheNonlinearityBends) {
  double before = 1;
  for (const double q : {1e-6, .1, 1.0, 10.0}) {
    const double growth = layer_growth(nonlinearity_of("tanh"), q);
    EXPECT_GT(growth, before) << q;
    before = growth;
    EXPECT_NEAR(layer_growth(nonlinearity_of("prelu"), q), 1, kExact) << "homogeneous";
  }
  EXPECT_NEAR(layer_growth(nonlinearity_of("tanh"), 1e-8), 1, 1e-12) << "linear for small signals";
}

TEST(WidthFloor, IsOneForWideNetworks) {
  EXPECT_EQ(width_floor(0), 1);
  EXPECT_THAT(width_floor(.49), IsNear(std::exp(.245), kExact));
}

TEST(DilutedGrowth, FallsFromTheBlocksOwnToNone) {
  EXPECT_THAT(diluted_growth(1.3, 0), IsNear(1.3, kExact));
  EXPECT_THAT(diluted_growth(1.3, 1), IsNear(std::sqrt(1 + .69 / 2), kExact));
  double before = 1.3;
  for (const double dilution : {.5, 1.0, 2.0, 4.0, 1e6}) {
    EXPECT_LT(diluted_growth(1.3, dilution), before) << dilution;
    before = diluted_growth(1.3, dilution);
  }
  EXPECT_NEAR(before, 1, 1e-11);
}

ScaleStack stack_of(const char* phi, ScaleStack::Norm norm, double variance, std::vector<ScaleBlock> blocks) {
  ScaleStack stack;
  stack.phi = nonlinearity_of(phi);
  stack.norm = norm;
  stack.weight_variance = variance;
  stack.blocks = std::move(blocks);
  return stack;
}

using enum ScaleStack::Norm;

TEST(FollowScales, OfLayersIsTheGrowthOfOneWhateverTheWeights) {
  for (const char* phi : {"relu", "tanh", "selu", "gelu"}) {
    for (const double variance : {.3, 1.0, 2.0}) {
      for (const BlockScale& scale : follow_scales(stack_of(phi, layer, variance, {{}, {}, {}}))) {
        EXPECT_THAT(scale.growth, IsNear(layer_growth(nonlinearity_of(phi)), kExact)) << phi;
        EXPECT_EQ(scale.dilution, 0);
      }
      const auto batched = follow_scales(stack_of(phi, batch, variance, {{}, {}, {}}));
      for (const BlockScale& scale : batched) {
        EXPECT_THAT(scale.nonlinearity, IsNear(batch_norm_growth(nonlinearity_of(phi)), kExact)) << phi;
      }
      EXPECT_THAT(batched[0].growth, IsNear(layer_growth(nonlinearity_of(phi)), kExact))
          << "the first layer's pre-activations have no mean to lose";
      EXPECT_THAT(batched[2].growth, IsNear(batch_norm_growth(nonlinearity_of(phi)), kExact));
    }
  }
}

TEST(FollowScales, WithoutNormFollowsTheLengthOfSignals) {
  const Nonlinearity tanh = nonlinearity_of("tanh");
  double q = 1;
  for (const BlockScale& scale : follow_scales(stack_of("tanh", none, 1.5, {{}, {}, {}, {}}))) {
    EXPECT_THAT(scale.growth, IsNear(layer_growth(tanh, q), kExact));
    q = length_map(tanh, {1.5, 0}, q);
  }
}

TEST(FollowScales, DilutesABlocksOwnGrowth) {
  const std::vector<ScaleBlock> blocks(6, ScaleBlock{.8, .5, 2});
  for (const ScaleStack::Norm norm : {none, layer}) {
    ScaleStack stack = stack_of("tanh", norm, 1.4, blocks);
    stack.inverse_width = .01;
    double q = 1;
    for (const BlockScale& scale : follow_scales(stack)) {
      double inner = norm == none ? q : 1, own = std::exp(.01);
      own *= layer_growth(stack.phi, inner);
      inner = norm == none ? length_map(stack.phi, {1.4, 0}, inner) : 1;
      own *= layer_growth(stack.phi, inner);
      EXPECT_THAT(scale.growth, IsNear(diluted_growth(own, scale.dilution), kExact));
      const double branch = .25 * length_map(stack.phi, {1.4, 0}, inner);
      EXPECT_THAT(scale.dilution, IsNear(std::sqrt(.64 * q / branch), kExact));
      q = .64 * q + branch;
    }
  }
}

TEST(FollowScales, DilutionIsTheRootOfTheBlocksNumber) {
  for (const ScaleStack::Norm norm : {layer, batch}) {
    const auto scales = follow_scales(stack_of("relu", norm, 2, std::vector<ScaleBlock>(40, {1, 1, 2})));
    for (size_t b = 1; b <= scales.size(); ++b) {
      EXPECT_THAT(scales[b - 1].dilution, IsNear(std::sqrt(static_cast<double>(b)), kExact)) << b;
    }
  }
  const auto plain = follow_scales(stack_of("relu", none, 2, std::vector<ScaleBlock>(40, {1, 1, 2})));
  EXPECT_THAT(plain.back().dilution, IsNear(1, kExact)) << "branches grow with the state";
}

}  // namespace
}  // namespace shatterproof::growth_test
