// SPDX-License-Identifier: Apache-2.0
#include "shatterproof/initializer/signal_gain.h"

#include <ATen/ATen.h>
#include <gmock/gmock.h>

#include <cmath>

#include "shatterproof/architecture/catalog.h"
#include "shatterproof/initializer/catalog.h"

namespace shatterproof::signal_gain_test {
namespace {

constexpr double kSampling = .02;  // of the mean square of 90,000 weights, and of the quantiles

double gain(const std::string& activation, const std::string& scheme) {
  const Network network =
      initialize(
          build_family("feedforward:input=300,width=300,depth=3,count=linear,activation=" + activation),
          scheme, 1)
          .network;
  return signal_gain(network, structure(network).layers[1]).value();
}

TEST(SignalGain, HesWeightsKeepTheSignalOfRectifiers) {
  EXPECT_NEAR(gain("relu", "he"), 1, kSampling);
}

TEST(SignalGain, PytorchsDefaultKeepsFourTenthsOfIt) {
  EXPECT_NEAR(gain("relu", "pytorch"), std::sqrt(1. / 6), kSampling);
}

TEST(SignalGain, OfALinearMapIsItsOwn) {
  EXPECT_NEAR(gain("identity", "lecun"), 1, kSampling);
  EXPECT_NEAR(gain("identity", "he"), std::sqrt(2.), 2 * kSampling);
}

TEST(SignalGain, OfTanhIsTheGaussianMean) {
  const at::Tensor z = at::randn({1000000}, at::kDouble);
  EXPECT_NEAR(gain("tanh", "lecun"), z.tanh().square().mean().sqrt().item<double>(), kSampling);
}

TEST(SignalGain, IsNothingWhereANormFollows) {
  const Network network =
      initialize(build_family("feedforward:input=20,width=20,depth=2,norm=batch"), "he", 1).network;
  EXPECT_FALSE(signal_gain(network, structure(network).layers[0]).has_value());
}

}  // namespace
}  // namespace shatterproof::signal_gain_test
