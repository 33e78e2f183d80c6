// SPDX-License-Identifier: Apache-2.0
#include "shatterproof/run/tap.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "shatterproof/architecture/catalog.h"
#include "shatterproof/network/builder.h"
#include "shatterproof/run/execution.h"
#include "shatterproof/run/taps.h"

namespace shatterproof::tap_test {
namespace {

using testing::ElementsAre;

std::vector<Tap> taps_of(const std::string& spec, TapKind kind) {
  std::vector<Tap> found;
  const Network network = build_family(spec);
  const Execution execution(network, {});
  for (const Tap& tap : execution.taps()) {
    if (tap.kind == kind) found.push_back(tap);
  }
  return found;
}

std::vector<int> state_depths(const Network& network) {
  std::vector<int> depths;
  const Execution execution(network, {});
  for (const Tap& tap : execution.taps()) {
    if (tap.layer_state) depths.push_back(tap.depth);
  }
  return depths;
}

TEST(Taps, StatesOfAFeedforwardNetworkAreItsRectifiers) {
  const Network network = build_family("feedforward:depth=3,width=4,input=4,norm=batch");
  EXPECT_THAT(state_depths(network), ElementsAre(1, 2, 3));
  EXPECT_EQ(taps_of("feedforward:depth=3,width=4,input=4", TapKind::activation).size(), 3U);
  EXPECT_EQ(taps_of("feedforward:depth=3,width=4,input=4", TapKind::pre_activation).size(), 4U);
}

TEST(Taps, ASinusoidalCodeOfTheInputsHasNoUnits) {
  NetworkBuilder builder("encoded");
  const std::string x = builder.input("x", {8});
  const std::string encoded = builder.node("Sin", "wave", {x});
  builder.output(builder.activation(builder.linear(encoded, {"a", 8, 8, true, "", ""}), "act", "tanh"));
  std::vector<std::string> activations;
  for (const Tap& tap : taps_of(builder.build(), TapPlacement{})) {
    if (tap.kind == TapKind::activation) activations.push_back(tap.name);
  }
  EXPECT_EQ(activations, std::vector<std::string>{"act"});
}

TEST(Taps, StatesOfAResidualNetworkAreItsSumsAndTheEmbeddingBeforeThem) {
  EXPECT_THAT(state_depths(build_family("residual:depth=3,width=4,norm=batch")), ElementsAre(0, 1, 2, 3));
  EXPECT_THAT(state_depths(build_family("residual:depth=3,width=4,input=4,norm=none")), ElementsAre(1, 2, 3));
  for (const Tap& tap : taps_of("residual:depth=3,width=4,beta=0.5,norm=batch", TapKind::residual_sum)) {
    EXPECT_NE(tap.skip, tap.branch) << tap.name;
  }
}

TEST(Taps, BesideASkipLieTheLayersOfItsBranchAndNoSum) {
  std::vector<std::string> beside, passing;
  for (const TapKind kind : {TapKind::pre_activation, TapKind::residual_sum}) {
    for (const Tap& tap :
         taps_of("residual:count=linear,depth=6,layers_per_block=2,width=4,input=4,norm=batch", kind))
      (tap.bypassed ? beside : passing).push_back(tap.name);
  }
  EXPECT_THAT(beside, ElementsAre("layer_2", "layer_3", "layer_4", "layer_5"));
  EXPECT_THAT(passing, ElementsAre("layer_1", "layer_6", "layer_3.sum", "layer_5.sum"));
  for (const Tap& tap : taps_of("feedforward:depth=3,width=4,input=4", TapKind::pre_activation)) {
    EXPECT_FALSE(tap.bypassed) << tap.name;
  }
}

TEST(Taps, StatesOfAHighwayAreItsSumsGatedOrNot) {
  EXPECT_THAT(state_depths(build_family("highway:depth=3,width=4")), ElementsAre(0, 1, 2, 3));
  EXPECT_THAT(state_depths(build_family("highway:depth=3,width=4,input=4")), ElementsAre(1, 2, 3));
  EXPECT_THAT(state_depths(build_family("highway_gated:depth=3,width=4")), ElementsAre(0, 1, 2, 3));
  EXPECT_THAT(state_depths(build_family("highway_gated:depth=3,width=4,input=4")), ElementsAre(1, 2, 3));
}

TEST(Taps, ACReluIsCountedOnceAndItsStateIsTheConcatenation) {
  const std::string spec = "feedforward:depth=2,width=4,input=4,crelu=true";
  int counted = 0;
  for (const Tap& tap : taps_of(spec, TapKind::activation)) counted += tap.negated_half ? 0 : 1;
  EXPECT_EQ(counted, 2);
  EXPECT_EQ(taps_of(spec, TapKind::concatenation).size(), 2U);
  for (const Tap& tap : taps_of(spec, TapKind::concatenation)) EXPECT_TRUE(tap.layer_state) << tap.name;
}

TEST(Taps, AResidualBlockOfImagesEndsInItsSum) {
  NetworkBuilder builder("block");
  const std::string x = builder.input("x", {3, 8, 8});
  std::string h = builder.convolution(x, {.name = "stem", .channels_in = 3, .channels_out = 4});
  const std::string skip =
      builder.activation(builder.normalization(h, "stem_norm", "batch", 4), "stem_relu", "relu");
  h = builder.convolution(skip, {.name = "conv", .channels_in = 4, .channels_out = 4});
  h = builder.add(skip, builder.normalization(h, "norm", "batch", 4), "sum");
  builder.output(builder.node("GlobalAveragePool", "pool", {builder.activation(h, "relu", "relu")}));
  std::vector<std::string> states;
  const Network network = builder.build();
  const Execution execution(network, {});
  for (const Tap& tap : execution.taps()) {
    if (!tap.layer_state) continue;
    states.push_back(tap.name);
    EXPECT_TRUE(tap.channels) << tap.name;
  }
  EXPECT_THAT(states, ElementsAre("stem_relu", "sum"));
}

TEST(Taps, AtEveryNodeCoverTheGraph) {
  const Network network = build_family("residual:depth=2,width=4,norm=batch,beta=0.5");
  const Execution execution(network, {.every_node = true});
  std::vector<bool> seen(network.nodes().size());
  for (const Tap& tap : execution.taps()) {
    if (tap.kind != TapKind::input) seen[tap.node] = true;
  }
  EXPECT_THAT(seen, testing::Each(true));
}

}  // namespace
}  // namespace shatterproof::tap_test
