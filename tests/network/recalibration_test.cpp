// SPDX-License-Identifier: Apache-2.0
#include "network/recalibration.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <functional>

#include "written_network.h"

namespace shatterproof::recalibration_test {
namespace {

constexpr int64_t kChannels = 6;

std::string weight(Written& w) {
  return w.trainable({kChannels, kChannels, 1, 1});
}

// How many nodes recalibrate where the scale is made of `summary`, a function of x.
int64_t recalibrating(const std::function<std::string(Written& w, const std::string& x)>& summary) {
  Written w;
  const std::string image = w.builder.input("x", {kChannels, 4, 4});
  const std::string x = w.node("Relu", {w.node("Conv", {image, weight(w)})});
  const std::string inner = w.node("Relu", {w.node("Conv", {summary(w, x), weight(w)})});
  const std::string scale = w.node("Sigmoid", {w.node("Conv", {inner, weight(w)})});
  w.builder.output(w.node("Relu", {w.node("Conv", {w.mul(x, scale), weight(w)})}));
  const Network network = w.builder.build();
  const std::vector<bool> found = recalibrating_nodes(network, structure(network));
  return std::count(found.begin(), found.end(), true);
}

TEST(Recalibration, LiesBetweenAPoolingAndTheProductWithWhatWasPooled) {
  const auto pooled = [](Written& w, const std::string& x) { return w.node("GlobalAveragePool", {x}); };
  EXPECT_EQ(recalibrating(pooled), 4);
}

TEST(Recalibration, IsNoGateOfPositions) {
  const auto itself = [](Written&, const std::string& x) { return x; };
  EXPECT_EQ(recalibrating(itself), 0);
}

}  // namespace
}  // namespace shatterproof::recalibration_test
