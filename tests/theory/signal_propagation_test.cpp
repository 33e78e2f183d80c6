// SPDX-License-Identifier: Apache-2.0
#include "shatterproof/theory/signal_propagation.h"

#include <gtest/gtest.h>

#include <cmath>

#include "shatterproof/examine/setting.h"
#include "shatterproof/theory/catalog.h"

namespace shatterproof::signal_propagation_test {
namespace {

constexpr double kExact = 1e-9;

Prediction predicted(const std::string& network, const std::string& initializer, const char* name) {
  Setting setting = setting_of(network);
  setting.initializer = initializer;
  return predict_by("signal_propagation", setting, name).front();
}

struct Followed {
  std::vector<SignalLayer> layers;
  std::vector<double> correlations, distances;
};

Followed followed(const char* phi, DrawVariances draw, int64_t layers) {
  const SignalStack stack = {draw, draw, layers};
  std::vector<SignalLayer> signal = follow_signal(nonlinearity_of(phi), stack);
  std::vector<double> correlations, distances = follow_distance(nonlinearity_of(phi), stack, signal);
  for (size_t l = 0; l < distances.size(); ++l) correlations.push_back(1 - distances[l] / signal[l].length);
  return {std::move(signal), std::move(correlations), std::move(distances)};
}

TEST(SignalPropagation, OfALinearNetworkIsGeometric) {
  const Followed found = followed("identity", {1.5, .5}, 4);
  double q = 1;
  for (size_t l = 0; l < 4; ++l) {
    q = 1.5 * q + .5;
    EXPECT_NEAR(found.layers[l].length, q, kExact);
    EXPECT_NEAR(found.layers[l].chi, 1.5, kExact);
    // What differs between two inputs grows by 1.5 a layer, whatever the biases.
    EXPECT_NEAR(found.distances[l], std::pow(1.5, l + 1), 1e-6);
  }
}

TEST(SignalPropagation, OfRectifiersFollowsTheArcCosine) {
  const Followed found = followed("relu", {2, 0}, 3);
  EXPECT_NEAR(found.layers[0].length, 2, kExact);
  EXPECT_NEAR(found.layers[2].length, 2, kExact);
  EXPECT_NEAR(found.layers[2].chi, 1, kExact);
  EXPECT_NEAR(found.correlations[0], 0, kExact);
  EXPECT_NEAR(found.correlations[1], 1 / M_PI, 1e-6);  // (sin t + (pi - t) cos t) / pi at t = pi / 2
  const double angle = std::acos(1 / M_PI);
  EXPECT_NEAR(found.correlations[2], (std::sin(angle) + (M_PI - angle) * std::cos(angle)) / M_PI, 1e-6);
}

TEST(SignalPropagation, SettlesAtTheFixedPoint) {
  for (const DrawVariances draw : {DrawVariances{1, .1}, DrawVariances{4, .1}}) {
    const FixedPoint fixed = fixed_point(nonlinearity_of("tanh"), draw).value();
    const Followed found = followed("tanh", draw, 120);
    EXPECT_NEAR(found.layers.back().length, fixed.length, 1e-9);
    EXPECT_NEAR(found.layers.back().chi, fixed.chi_1, 1e-9);
    EXPECT_NEAR(found.correlations.back(), fixed.correlation, 1e-6);
  }
}

TEST(SignalPropagation, InOrderDistancesFallByTheDepthScaleHoweverSmallTheyAre) {
  const Followed found = followed("tanh", {1, .2}, 201);
  const double scale = fixed_point(nonlinearity_of("tanh"), {1, .2}).value().correlation_depth;
  for (const size_t l : {60, 100, 200})
    EXPECT_NEAR(found.distances[l] / found.distances[l - 10], std::exp(-10 / scale), 1e-4) << l;
  EXPECT_LT(found.distances[200], 1e-17) << "far below what 1 - c can say";
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
}  // namespace shatterproof::signal_propagation_test
