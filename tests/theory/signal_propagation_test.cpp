// SPDX-License-Identifier: Apache-2.0
#include "shatterproof/theory/signal_propagation.h"

#include <gtest/gtest.h>

#include <cmath>

#include "shatterproof/examine/setting.h"
#include "shatterproof/theory/catalog.h"

namespace shatterproof {
namespace {

constexpr double kExact = 1e-9;

Prediction predicted(const std::string& network, const std::string& initializer, const char* name) {
  Setting setting = setting_of(network);
  setting.initializer = initializer;
  return predict_by("signal_propagation", setting, name).front();
}

TEST(SignalPropagation, OfALinearNetworkIsGeometric) {
  const std::vector<SignalLayer> layers =
      follow_signal(nonlinearity_of("identity"), {{1.5, .5}, {1.5, .5}, 4});
  double q = 1;
  for (const SignalLayer& layer : layers) {
    q = 1.5 * q + .5;
    EXPECT_NEAR(layer.length, q, kExact);
    EXPECT_NEAR(layer.chi, 1.5, kExact);
  }
  // What differs between two inputs grows by 1.5 a layer, whatever the biases.
  for (size_t l = 0; l < layers.size(); ++l)
    EXPECT_NEAR(layers[l].length * (1 - layers[l].correlation), std::pow(1.5, l + 1), 1e-6);
}

TEST(SignalPropagation, OfRectifiersFollowsTheArcCosine) {
  const std::vector<SignalLayer> layers = follow_signal(nonlinearity_of("relu"), {{2, 0}, {2, 0}, 3});
  EXPECT_NEAR(layers[0].length, 2, kExact);
  EXPECT_NEAR(layers[2].length, 2, kExact);
  EXPECT_NEAR(layers[0].correlation, 0, kExact);
  EXPECT_NEAR(layers[1].correlation, 1 / M_PI, 1e-6);  // (sin t + (pi - t) cos t) / pi at t = pi / 2
  const double angle = std::acos(1 / M_PI);
  EXPECT_NEAR(layers[2].correlation, (std::sin(angle) + (M_PI - angle) * std::cos(angle)) / M_PI, 1e-6);
  EXPECT_NEAR(layers[2].chi, 1, kExact);
}

TEST(SignalPropagation, SettlesAtTheFixedPoint) {
  const Nonlinearity tanh = nonlinearity_of("tanh");
  for (const DrawVariances draw : {DrawVariances{1, .1}, DrawVariances{4, .1}}) {
    const FixedPoint fixed = fixed_point(tanh, draw).value();
    const SignalLayer last = follow_signal(tanh, {draw, draw, 120}).back();
    EXPECT_NEAR(last.length, fixed.length, 1e-9);
    EXPECT_NEAR(last.correlation, fixed.correlation, 1e-6);
    EXPECT_NEAR(last.chi, fixed.chi_1, 1e-9);
  }
}

TEST(SignalPropagation, WithinTheChaosDistancesStayAndInOrderTheyFallByTheDepthScale) {
  const Nonlinearity tanh = nonlinearity_of("tanh");
  const std::vector<SignalLayer> ordered = follow_signal(tanh, {{1, .2}, {1, .2}, 61});
  const double scale = fixed_point(tanh, {1, .2}).value().correlation_depth;
  EXPECT_NEAR((1 - ordered[60].correlation) / (1 - ordered[50].correlation), std::exp(-10 / scale), 1e-3);
}

TEST(SignalPropagation, SaysTheSameOfEveryWayToWriteAScheme) {
  const std::string network = "feedforward:depth=3,width=100,input=25,activation=tanh,hidden_bias_std=0.3";
  const Prediction lecun = predicted(network, "lecun:gain=1.5", "preactivation_std");
  EXPECT_NEAR(lecun.values[0], 1.5, kExact) << "the bias is common to all inputs";
  const Prediction he = predicted(network, "he:gain=1.0606601717798212", "preactivation_std");
  for (size_t l = 0; l < 3; ++l) EXPECT_NEAR(he.values[l], lecun.values[l], 1e-9);
  const std::string square = "feedforward:depth=3,width=100,input=100,activation=tanh";
  EXPECT_NEAR(predicted(square, "gaussian:std=0.15", "gradient_variance").values[1],
              predicted(square, "lecun:gain=1.5", "gradient_variance").values[1], 1e-9);
}

TEST(SignalPropagation, AGradientIsSharedByTheNumbersOfTheInput) {
  const Prediction wide =
      predicted("feedforward:depth=2,width=100,input=100,activation=tanh", "lecun", "gradient_variance");
  const Prediction narrow =
      predicted("feedforward:depth=2,width=100,input=25,activation=tanh", "lecun", "gradient_variance");
  ASSERT_EQ(wide.values.size(), 3U);
  EXPECT_EQ(wide.values[2], 1);
  EXPECT_EQ(wide.values[1], narrow.values[1]);
  EXPECT_NEAR(narrow.values[0], 4 * wide.values[0], kExact);
}

TEST(SignalPropagation, PassesOverWhatItDoesNotKnow) {
  for (const char* network :
       {"feedforward:depth=2,input=9,activation=tanh,norm=layer", "residual:depth=2,input=9"})
    EXPECT_THROW(predicted(network, "he", "preactivation_std"), std::invalid_argument) << network;
  EXPECT_THROW(predicted("feedforward:depth=2,input=9,activation=tanh", "orthogonal", "preactivation_std"),
               std::invalid_argument);
  EXPECT_THROW(predicted("feedforward:depth=2,input=9", "he", "gradient_variance"), std::invalid_argument);
}

}  // namespace
}  // namespace shatterproof
