// SPDX-License-Identifier: Apache-2.0
// Nodes that give the same for all examples, and those that only seem to.
#include <gmock/gmock.h>

#include "network/graph_edit.h"
#include "shatterproof/initializer/catalog.h"
#include "tests/train/awakened.h"

namespace shatterproof::standstill_test {
namespace {

using namespace awakened_networks;
using ::testing::IsEmpty;

TEST(Standstill, ANormOverOneNumberIsNamedAsTheCauseAndNotTheRectifierBehindIt) {
  NetworkBuilder builder("lone");
  std::string x = builder.node("Unsqueeze", "channels",
                               {layer(builder, builder.input("x", {kWidth}), "a"),
                                builder.parameter("axes", at::tensor({int64_t{2}}), false)});
  builder.parameter("gain", at::ones({kWidth}), true);
  builder.parameter("shift", at::full({kWidth}, -.5f), true);
  x = builder.node("InstanceNormalization", "norm", {x, "gain", "shift"});
  x = builder.node("Flatten", "rows", {builder.activation(x, "act", "relu")});
  builder.output(builder.linear(x, {"head", kWidth, 3, true, "", ""}));
  Network network = initialize(builder.build(), "he", 1).network;
  set_all(network, "shift", -.5);
  const Awakening found = awakened(network);
  ASSERT_THAT(found.dead, ::testing::Not(IsEmpty()));
  EXPECT_EQ(found.dead[0].name, "a.weight");
  for (const DeadParameter& dead : found.dead) {
    EXPECT_EQ(dead.end.cause, DeathCause::standstill) << dead.name;
    EXPECT_EQ(dead.end.at, "norm");
    EXPECT_EQ(dead.end.op, "InstanceNormalization");
  }
  ASSERT_TRUE(found.standstill);
  EXPECT_EQ(found.standstill->at, "norm");
}

// Parameters have gradients of rounding, none of which tells examples apart.
TEST(Standstill, AMeanOfWhatANormHasCentredKeepsNothing) {
  const auto pooled = [](bool rectified) {
    NetworkBuilder builder("pooled");
    builder.parameter("gain", at::ones({4}), true);
    builder.parameter("shift", at::zeros({4}), true);
    std::string x = builder.convolution(builder.input("x", {3, 6, 6}),
                                        {.name = "a", .channels_in = 3, .channels_out = 4});
    x = builder.node("InstanceNormalization", "norm", {x, "gain", "shift"});
    if (rectified) x = builder.activation(x, "act", "relu");
    x = builder.node("Flatten", "rows", {builder.node("GlobalAveragePool", "pool", {x})});
    builder.output(builder.linear(x, {"head", 4, 3, true, "", ""}));
    return awakened(initialize(builder.build(), "he", 1).network).standstill;
  };
  const std::optional<SignalEnd> found = pooled(false);
  ASSERT_TRUE(found);
  EXPECT_EQ(found->at, "pool");
  EXPECT_EQ(found->cause, DeathCause::standstill);
  EXPECT_FALSE(pooled(true)) << "the mean of what a rectifier leaves differs";
}

TEST(Standstill, OfASoftmaxSaysHowManyNumbersItHasToChooseFrom) {
  const auto chosen = [](int64_t units, double scale) {
    NetworkBuilder builder("choosing");
    std::string x = layer(builder, builder.input("x", {kWidth}), "a");
    x = builder.linear(x, {"scores", kWidth, units, true, "", ""});
    x = builder.node("Softmax", "softmax", {x}, {{"axis", int64_t{1}}});
    builder.output(builder.linear(x, {"head", units, 3, true, "", ""}));
    Network network = initialize(builder.build(), "he", 1).network;
    network.set_parameter("scores.bias", at::arange(units) * scale);
    return awakened(network).standstill;
  };
  const std::optional<SignalEnd> of_one = chosen(1, 0), of_five = chosen(5, 1e4);
  ASSERT_TRUE(of_one);
  EXPECT_EQ(of_one->choices, 1);
  ASSERT_TRUE(of_five) << "always the last";
  EXPECT_EQ(of_five->choices, 5);
  EXPECT_FALSE(chosen(5, 0));
}

// Axis 1 of [examples, 1, 5] meant all that follows.
TEST(Standstill, OfAnOldSoftmaxCountsAllFromItsAxisOn) {
  NetworkBuilder builder("choosing");
  std::string x = builder.linear(builder.input("x", {kWidth}), {"scores", kWidth, 5, true, "", ""});
  x = builder.node("Unsqueeze", "row", {x, builder.parameter("axes", at::tensor({int64_t{1}}), false)});
  x = builder.node("Softmax", "softmax", {x}, {{"axis", int64_t{1}}});
  builder.output(builder.linear(builder.node("Flatten", "rows", {x}), {"head", 5, 3, true, "", ""}));
  Network network = initialize(builder.build(), "he", 1).network;
  network.set_parameter("scores.bias", at::arange(5) * 1e4);
  GraphEdit edit(network);
  const auto softmax = static_cast<size_t>(network.producer(x));
  Node old = network.nodes()[softmax];
  old.opset = 11;
  edit.replace(softmax, old);
  const std::optional<SignalEnd> found = awakened(edit.result()).standstill;
  ASSERT_TRUE(found);
  EXPECT_EQ(found->choices, 5);
}

// A mask of its own for every example makes scores differ by as much as anything can.
TEST(Standstill, ASoftmaxOverMaskedScoresDoesNotStandStill) {
  NetworkBuilder builder("masked");
  const std::string x = builder.input("x", {kWidth});
  const std::string scores = layer(builder, x, "a");
  const std::string zero = builder.parameter("zero", at::zeros({1}), false);
  const std::string mask = builder.node("Less", "mask", {x, zero});
  const std::string least = builder.parameter("least", at::full({1}, -9e15f), false);
  const std::string masked = builder.node("Where", "masked", {mask, least, scores});
  const std::string weights = builder.node("Softmax", "softmax", {masked}, {{"axis", int64_t{1}}});
  builder.output(builder.linear(weights, {"head", kWidth, 3, true, "", ""}));
  EXPECT_FALSE(awakened(initialize(builder.build(), "he", 1).network).standstill);
}

// Steps move weights by a thousandth each, so that twelve layers of them are still too small to see.
TEST(Standstill, WhatVanishedAndIsLostBesideABiasStandsNotStillThere) {
  constexpr int kLayers = 12;
  NetworkBuilder builder("vanishing");
  std::string x = builder.input("x", {kWidth});
  for (int i = 0; i < kLayers; ++i) x = layer(builder, x, "layer_" + std::to_string(i), false);
  builder.output(builder.linear(x, {"head", kWidth, 3, true, "", ""}));
  Network network = initialize(builder.build(), "he", 1).network;
  set_all(network, "head.bias", .1);
  for (int i = 0; i < kLayers; ++i) {
    const std::string weight = "layer_" + std::to_string(i) + ".weight";
    network.set_parameter(weight, network.find_parameter(weight)->value * 1e-4);
  }
  EXPECT_FALSE(awakened(network).standstill);
}

}  // namespace
}  // namespace shatterproof::standstill_test
