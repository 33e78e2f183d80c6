// SPDX-License-Identifier: Apache-2.0
#include "shatterproof/train/awakening.h"

#include <ATen/ATen.h>
#include <gmock/gmock.h>

#include <algorithm>
#include <limits>
#include <map>

#include "shatterproof/architecture/catalog.h"
#include "shatterproof/core/interrupt.h"
#include "shatterproof/core/random.h"
#include "shatterproof/dataset/gaussian.h"
#include "shatterproof/initializer/catalog.h"
#include "shatterproof/network/builder.h"
#include "tests/train/awakened.h"

namespace shatterproof::awakening_test {
namespace {

using namespace awakened_networks;

using ::testing::IsEmpty;
using ::testing::SizeIs;

// x + b(relu(n(a(x)))), blocks of it; `norm_last` puts the norm behind b.
Network residual_blocks(int blocks, bool norm_last) {
  NetworkBuilder builder("blocks");
  builder.trainable_norms = true;
  std::string x = builder.input("x", {kWidth});
  for (int i = 0; i < blocks; ++i) {
    const std::string name = "block_" + std::to_string(i);
    std::string branch = builder.activation(layer(builder, x, name + "_a"), name + "_relu", "relu");
    branch = layer(builder, branch, name + "_b", !norm_last);
    if (norm_last) branch = builder.normalization(branch, name + "_norm", "batch", kWidth);
    x = builder.add(x, branch, name + "_sum");
  }
  builder.output(builder.linear(x, {"head", kWidth, 3, true, "", ""}));
  return initialize(builder.build(), "he", 1).network;
}

std::vector<std::string> gains_of(const Network& network) {
  std::vector<std::string> gains;
  for (const Node& node : network.nodes()) {
    if (node.op == "BatchNormalization") gains.push_back(node.inputs[1]);
  }
  return gains;
}

TEST(Awakening, EveryParameterOfAHealthyNetworkIsAwake) {
  const Awakening found = awakened(residual_blocks(3, false));
  EXPECT_EQ(found.parameters, 14);
  EXPECT_EQ(found.without_gradient(), 0);
  EXPECT_THAT(found.zero_factors, IsEmpty());
  EXPECT_THAT(found.identical, IsEmpty());
  EXPECT_EQ(found.stopped, "");
}

TEST(Awakening, WhatLiesBehindAZeroGainRestsForOneStep) {
  Network network = residual_blocks(3, true);
  for (const std::string& gain : gains_of(network)) set_all(network, gain, 0);
  const Awakening found = awakened(network);
  EXPECT_THAT(found.dead, IsEmpty());
  ASSERT_THAT(found.resting, SizeIs(9)) << "two weights and a bias in each of three blocks";
  for (const RestingParameter& resting : found.resting) EXPECT_EQ(resting.wakes_after, 1) << resting.name;
  ASSERT_THAT(found.zero_factors, SizeIs(3));
  for (const ZeroFactor& factor : found.zero_factors) {
    EXPECT_EQ(factor.purpose, ZeroPurpose::branch_gain) << factor.parameter;
    EXPECT_TRUE(factor.opens);
  }
}

TEST(Awakening, TheLastLayerOfABranchAndTheReadoutAreNamed) {
  Network network = residual_blocks(2, false);
  for (const char* name : {"block_0_b.weight", "block_1_b.weight", "head.weight"}) set_all(network, name, 0);
  const Awakening found = awakened(network);
  EXPECT_THAT(found.dead, IsEmpty());
  ASSERT_THAT(found.zero_factors, SizeIs(3));
  EXPECT_EQ(found.zero_factors[0].purpose, ZeroPurpose::branch_layer);
  EXPECT_EQ(found.zero_factors[2].purpose, ZeroPurpose::readout);
  // The head opens with the first step, what lies behind a second zero with the next.
  const auto first = std::find_if(found.resting.begin(), found.resting.end(),
                                  [](const RestingParameter& r) { return r.name == "block_0_a.weight"; });
  ASSERT_NE(first, found.resting.end());
  EXPECT_EQ(first->wakes_after, 2);
}

// y = W x + B A x in a chain, as LoRA has it.
Network adapters() {
  NetworkBuilder builder("adapters");
  std::string x = builder.input("x", {kWidth});
  for (const std::string name : {"one", "two"}) {
    const std::string low = builder.linear(x, {name + "_a", kWidth, 2, false, "", ""});
    const std::string high = builder.linear(low, {name + "_b", 2, kWidth, false, "", ""});
    x = builder.activation(builder.add(layer(builder, x, name), high, name + "_sum"), name + "_relu", "relu");
  }
  builder.output(builder.linear(x, {"head", kWidth, 3, true, "", ""}));
  return initialize(builder.build(), "he", 1).network;
}

TEST(Awakening, TheSecondFactorOfAnAdapterIsZeroOnPurpose) {
  Network network = adapters();
  for (const char* name : {"one_b.weight", "two_b.weight"}) set_all(network, name, 0);
  const Awakening found = awakened(network);
  EXPECT_THAT(found.dead, IsEmpty());
  EXPECT_THAT(found.resting, SizeIs(2));
  ASSERT_THAT(found.zero_factors, SizeIs(2));
  EXPECT_EQ(found.zero_factors[0].purpose, ZeroPurpose::low_rank_factor);
}

// Three experts, of which each example is sent to the one of the largest score. With a router of zeros all go
// to the first until the router has learned.
TEST(Awakening, ExpertsToWhichNothingIsSentYetAreNotDead) {
  Network network("experts");
  network.add_input({"x", {-1, kWidth}});
  const auto weight = [&](const std::string& name, int64_t units, double scale) {
    at::Tensor value = at::empty({units, kWidth}, at::kFloat);
    RandomStream(1, name).gaussian({value.data_ptr<float>(), static_cast<size_t>(value.numel())}, 1);
    network.add_parameter({name, scale * value, true, ""});
    return name;
  };
  const auto node = [&](const char* op, std::vector<std::string> inputs, std::vector<std::string> outputs,
                        std::map<std::string, Attribute> attributes = {}) {
    Node made;
    made.op = op;
    made.name = outputs[0];
    made.inputs = std::move(inputs);
    made.outputs = std::move(outputs);
    made.attributes = std::move(attributes);
    network.add_node(std::move(made));
  };
  network.add_parameter({"one", at::ones({1}, at::kLong), false, ""});
  node("Gemm", {"x", weight("router", 3, 0)}, {"scores"}, {{"transB", int64_t{1}}});
  node("Softmax", {"scores"}, {"shares"}, {{"axis", int64_t{-1}}});
  node("TopK", {"shares", "one"}, {"largest", "chosen"}, {{"axis", int64_t{-1}}});
  std::vector<std::string> sent;
  for (int64_t i = 0; i < 3; ++i) {
    const std::string of = std::to_string(i);
    network.add_parameter({"index" + of, at::full({1}, i, at::kLong), false, ""});
    node("Gemm", {"x", weight("expert" + of, 4, .3)}, {"made" + of}, {{"transB", int64_t{1}}});
    node("Equal", {"chosen", "index" + of}, {"is" + of});
    node("Cast", {"is" + of}, {"gate" + of}, {{"to", int64_t{1}}});
    node("Mul", {"gate" + of, "largest"}, {"share" + of});
    node("Mul", {"made" + of, "share" + of}, {"sent" + of});
    sent.push_back("sent" + of);
  }
  node("Sum", sent, {"y"});
  network.add_output("y");
  const Awakening found = awakened(network);
  EXPECT_THAT(found.dead, IsEmpty());
  ASSERT_THAT(found.resting, SizeIs(2));
  EXPECT_GE(found.steps, 2);
}

TEST(Awakening, TwoZeroFactorsBehindEachOtherStayDead) {
  Network network = adapters();
  for (const char* name : {"one_a.weight", "one_b.weight"}) set_all(network, name, 0);
  const Awakening found = awakened(network);
  EXPECT_THAT(found.resting, IsEmpty());
  ASSERT_THAT(found.dead, SizeIs(2));
  EXPECT_EQ(found.dead[0].name, "one_a.weight");
  EXPECT_EQ(found.dead[0].end.cause, DeathCause::zero_factors);
  for (const ZeroFactor& factor : found.zero_factors) EXPECT_FALSE(factor.opens);
}

Network plain(const std::string& activation) {
  NetworkBuilder builder("plain");
  std::string x = builder.activation(layer(builder, builder.input("x", {kWidth}), "a"), "act_1", activation);
  x = builder.activation(layer(builder, x, "b"), "act_2", activation);
  builder.output(builder.linear(x, {"head", kWidth, 3, true, "", ""}));
  return initialize(builder.build(), "he", 1).network;
}

TEST(Awakening, ARectifierThatGivesZeroIsNamedAsTheCause) {
  Network network = plain("relu");
  set_all(network, "b.bias", -1000);
  const Awakening found = awakened(network);
  EXPECT_THAT(found.resting, IsEmpty());
  EXPECT_THAT(found.dead, SizeIs(5)) << "all but the readout's bias";
  for (const DeadParameter& dead : found.dead) {
    EXPECT_EQ(dead.end.cause, DeathCause::rectifier);
    EXPECT_EQ(dead.end.at, "act_2");
  }
}

TEST(Awakening, ANonlinearityAtItsBoundIsNamedAsTheCause) {
  Network network = plain("tanh");
  set_all(network, "b.bias", 1e6);
  const Awakening found = awakened(network);
  EXPECT_THAT(found.dead, SizeIs(4)) << "the readout reads ones";
  EXPECT_EQ(found.dead[0].end.cause, DeathCause::saturation);
}

TEST(Awakening, AnOperatorWithoutDerivativeIsNamedAsTheCause) {
  NetworkBuilder builder("rounded");
  const std::string code = builder.node("Round", "code", {layer(builder, builder.input("x", {kWidth}), "a")});
  builder.output(builder.linear(code, {"head", kWidth, 3, true, "", ""}));
  const Awakening found = awakened(initialize(builder.build(), "he", 1).network);
  ASSERT_THAT(found.dead, SizeIs(2)) << "what stands in front of it";
  for (const DeadParameter& dead : found.dead) {
    EXPECT_EQ(dead.end.cause, DeathCause::no_derivative);
    EXPECT_EQ(dead.end.at, "code (Round)");
  }
}

TEST(Awakening, SingleDeadUnitsAreCounted) {
  Network network = plain("relu");
  at::Tensor bias = network.find_parameter("a.bias")->value.clone();
  bias.narrow(0, 0, 5).fill_(-1000);
  network.set_parameter("a.bias", bias);
  const Awakening found = awakened(network);
  EXPECT_THAT(found.dead, IsEmpty());
  ASSERT_FALSE(found.silent.empty());
  EXPECT_EQ(found.silent[0].weight, "a.weight");
  EXPECT_EQ(found.silent[0].silent, 5);
  EXPECT_EQ(found.silent[0].units, kWidth);
}

TEST(Awakening, EqualUnitsThatReadAndFeedTheSameNeverPart) {
  Network network = plain("tanh");
  set_all(network, "a.weight", .1);
  set_all(network, "b.weight", .1);
  Awakening found = awakened(network);
  ASSERT_THAT(found.identical, SizeIs(1)) << "the units of b differ in what the readout makes of them";
  EXPECT_EQ(found.identical[0].weight, "a.weight");
  EXPECT_EQ(found.identical[0].units, kWidth);
  set_all(network, "head.weight", .1);
  found = awakened(network);
  EXPECT_THAT(found.identical, SizeIs(2));
}

TEST(Awakening, LeavesTheNetworkAsItWas) {
  const Network network = plain("relu");
  const at::Tensor before = network.find_parameter("a.weight")->value.clone();
  awakened(network);
  EXPECT_TRUE(at::equal(network.find_parameter("a.weight")->value, before));
}

TEST(Awakening, NumbersThatAreNotFiniteEndIt) {
  Network network = plain("relu");
  set_all(network, "b.weight", std::numeric_limits<double>::infinity());
  EXPECT_NE(awakened(network).stopped, "");
}

TEST(Awakening, RefusesNoExamplesAndStopsWhenInterrupted) {
  const Network network = plain("relu");
  EXPECT_THROW(awakening(network, {}), std::invalid_argument);
  request_interrupt();
  EXPECT_THROW(awakened(network), Interrupted);
  clear_interrupt();
}

}  // namespace
}  // namespace shatterproof::awakening_test
