// SPDX-License-Identifier: Apache-2.0
#include "shatterproof/train/rehearsal.h"

#include <ATen/ATen.h>
#include <gmock/gmock.h>

#include <cmath>
#include <string>
#include <utility>
#include <vector>

#include "shatterproof/architecture/catalog.h"
#include "shatterproof/core/interrupt.h"
#include "shatterproof/dataset/gaussian.h"
#include "shatterproof/initializer/catalog.h"
#include "shatterproof/network/builder.h"
#include "tests/matchers.h"

namespace shatterproof::rehearsal_test {
namespace {

using ::testing::HasSubstr;
using enum RehearsalVerdict;

Network drawn(const std::string& family, const std::string& scheme) {
  return initialize(build_family(family), scheme, 1).network;
}

Rehearsal rehearsed(const Network& network, RehearsalOptions options = {}) {
  options.seconds = 300;  // never the limit, so that the test does not depend on the machine
  return rehearsal(network, gaussian_batch(network.inputs(), 32, 1, 20), options);
}

// A hidden layer of `hidden` units between 10 numbers and `outputs`, then `last`.
Network two_layers(int64_t outputs, const std::string& last, double readout_std = 0) {
  NetworkBuilder builder("two");
  std::string x = builder.linear(builder.input("x", {10}), {"a", 10, 64, true, "", ""});
  x = builder.linear(builder.activation(x, "relu", "relu"),
                     {"head", 64, outputs, true, readout_std > 0 ? "gaussian:std=1" : "", ""});
  builder.output(last.empty() ? x : builder.node(last, "last", {x}));
  Network network = initialize(builder.build(), "he", 1).network;
  if (readout_std > 0)
    network.set_parameter("head.weight", readout_std * network.find_parameter("head.weight")->value);
  return network;
}

TEST(Rehearsal, AHealthyNetworkFitsRandomLabels) {
  const Rehearsal found =
      rehearsed(drawn("feedforward:input=20,width=40,depth=3,count=linear,output=10", "he"));
  EXPECT_EQ(found.verdict, learns) << found.reason;
  EXPECT_EQ(found.task.kind, RehearsalTask::Kind::labels);
  EXPECT_EQ(found.task.classes, 8);
  EXPECT_THAT(found.constant_loss, IsNear(std::log(8.), 1e-12)) << "32 examples, 4 of each class";
  EXPECT_LT(found.share(), kLearnedShare);
  EXPECT_FALSE(found.cut);
  EXPECT_FALSE(found.at_once) << "it took more than the first rate";
}

TEST(Rehearsal, AWideNetworkLearnsAtOnce) {
  const Network wide = drawn("feedforward:input=100,width=200,depth=3,count=linear,output=10", "he");
  const Rehearsal found = rehearsal(wide, gaussian_batch(wide.inputs(), 32, 1, 100));
  EXPECT_TRUE(found.at_once) << found.reason;
  EXPECT_LE(found.steps, 30);
  EXPECT_EQ(found.curves.size(), 1U);
}

TEST(Rehearsal, TellsAPlainNetworkOfPytorchsWeightsFromOneOfHes) {
  const std::string family = "feedforward:input=100,width=100,depth=24,count=linear,output=10";
  const auto tried = [&](const char* scheme) {
    const Network network = drawn(family, scheme);
    return rehearsal(network, gaussian_batch(network.inputs(), 32, 1, 100), {.seconds = 300});
  };
  const Rehearsal weak = tried("pytorch"), healthy = tried("he");
  EXPECT_EQ(weak.verdict, stuck) << weak.reason;
  EXPECT_EQ(healthy.verdict, learns) << healthy.reason;
}

TEST(Rehearsal, TheReferenceShowsWhatOtherWeightsWouldDo) {
  const std::string family = "feedforward:input=20,width=40,depth=28,count=linear,output=10";
  const Network weak = drawn(family, "pytorch");
  RehearsalOptions options;
  options.seconds = 300;
  const Rehearsal found = rehearsal(weak, gaussian_batch(weak.inputs(), 32, 1), options, drawn(family, "he"));
  ASSERT_TRUE(found.reference_share.has_value());
  EXPECT_LT(*found.reference_share, kLearnedShare);
}

// Behind fifty layers of batch norm neighbours have unrelated gradients: labels of the examples alone are
// learned.
TEST(Rehearsal, ShatteredGradientsLearnExamplesByHeartAndNotWhatLiesAround) {
  const std::string layers = "input=100,width=100,norm=batch,output=10,depth=";
  const auto around = [&](const std::string& family) {
    const Network network = drawn(family, "he");
    return rehearsal(network, gaussian_batch(network.inputs(), 32, 1, 100), {.seconds = 300});
  };
  const Rehearsal shattered = around("feedforward:" + layers + "50");
  EXPECT_EQ(shattered.verdict, memorizes) << shattered.reason;
  EXPECT_GT(shattered.around_share.value(), kAroundTimes * shattered.share());
  EXPECT_THAT(shattered.reason, HasSubstr("around the examples"));
  EXPECT_EQ(around("feedforward:" + layers + "6").verdict, learns);
  EXPECT_EQ(around("residual:beta=0.2," + layers + "50").verdict, learns);
}

// Two numbers say too little for random labels, whatever the network.
TEST(Rehearsal, WhatIsTooMuchForOneHiddenLayerIsAskedAgainAsAPlane) {
  const std::string family = "feedforward:input=2,width=5,depth=12,count=linear,output=3,activation=tanh";
  const Rehearsal healthy = rehearsed(drawn(family, "glorot")),
                  faded = rehearsed(drawn(family, "gaussian:std=.02"));
  EXPECT_EQ(healthy.verdict, learns) << healthy.reason;
  EXPECT_EQ(faded.verdict, stuck) << faded.reason;
  for (const Rehearsal& found : {healthy, faded}) {
    EXPECT_TRUE(found.task.follows_inputs);
    EXPECT_EQ(found.task.classes, 2);
    EXPECT_THAT(found.constant_loss, IsNear(std::log(2.), 1e-12)) << "half of the examples on either side";
    EXPECT_THAT(found.task.sentence, HasSubstr("side of a plane"));
  }
}

TEST(Rehearsal, RandomLabelsOfManyNumbersAreNotMadeEasier) {
  const Rehearsal weak =
      rehearsed(drawn("feedforward:input=20,width=40,depth=28,count=linear,output=10", "pytorch"));
  EXPECT_EQ(weak.verdict, stuck);
  EXPECT_FALSE(weak.task.follows_inputs);
}

// So many steps at 3e-3 halve the loss and do not end it; a thousand is far too large a rate.
TEST(Rehearsal, HalfAtOneRateAndNothingAtALargerOneIsFragile) {
  const Network network = drawn("feedforward:input=20,width=40,depth=3,count=linear,output=10", "he");
  RehearsalOptions options;
  options.steps = 25;
  options.rates = {3e-3, 1e3};
  const Rehearsal narrow = rehearsed(network, options);
  EXPECT_EQ(narrow.verdict, fragile) << narrow.reason;
  options.rates = {1e-4, 3e-3};
  EXPECT_EQ(rehearsed(network, options).verdict, learns);
}

TEST(Rehearsal, AllZeroWeightsAreStuckAtTheConstant) {
  const Rehearsal found =
      rehearsed(drawn("feedforward:input=20,width=40,depth=3,count=linear,output=10", "zeros"));
  EXPECT_EQ(found.verdict, stuck);
  constexpr double kNothingLearned = .02;
  EXPECT_NEAR(found.share(), 1, kNothingLearned);
}

TEST(Rehearsal, WeightsThatOverflowDiverge) {
  const Rehearsal found =
      rehearsed(drawn("feedforward:input=100,width=100,depth=60,count=linear,output=10,activation=identity",
                      "gaussian:std=1"));
  EXPECT_EQ(found.verdict, diverges) << found.reason;
  EXPECT_THAT(found.reason, HasSubstr("not finite"));
}

TEST(Rehearsal, IsNotFooledByOutputsThatAreSmallBoundedOrProbabilities) {
  for (const char* last : {"Sigmoid", "Tanh", "Softmax", "LogSoftmax", "Softplus"}) {
    const Rehearsal found = rehearsed(two_layers(6, last));
    EXPECT_EQ(found.verdict, learns) << last << ": " << found.reason;
  }
  for (const double std : {1e-2, 1e-4, 1e-8}) {
    for (const int64_t outputs : {1, 6}) {
      const Rehearsal found = rehearsed(two_layers(outputs, "", std));
      EXPECT_EQ(found.verdict, learns) << std << ": " << found.reason;
    }
  }
  for (const char* last : {"Tanh", "Sigmoid"}) {
    const Rehearsal found = rehearsed(two_layers(1, last, 3e-3));
    EXPECT_EQ(found.verdict, learns) << "a bounded readout of N(0, .003^2), " << last << ": " << found.reason;
    EXPECT_EQ(found.task.kind, RehearsalTask::Kind::targets);
  }
}

TEST(Rehearsal, AZeroReadoutLearns) {
  Network network = two_layers(6, "");
  network.set_parameter("head.weight", at::zeros({6, 64}));
  EXPECT_EQ(rehearsed(network).verdict, learns);
}

TEST(Rehearsal, OneNumberOfARectifierIsAskedForWhatItCanGive) {
  Network network = two_layers(1, "Relu");
  network.set_parameter("head.bias", at::full({1}, 3.F));  // alive for all examples
  const Rehearsal found = rehearsed(network);
  EXPECT_EQ(found.task.kind, RehearsalTask::Kind::targets);
  EXPECT_EQ(found.verdict, learns) << found.reason;
}

// Counts and variances of a tiny readout begin almost all alike: targets are not made as small.
TEST(Rehearsal, ARectifiedReadoutIsAskedForNumbersOfSizeOneHoweverTinyItBegins) {
  for (const char* last : {"Softplus", "Relu", "Exp"}) {
    Network network = two_layers(1, last, 1e-3);
    network.set_parameter("head.bias", at::full({1}, .03F));
    const Rehearsal found = rehearsed(network);
    EXPECT_EQ(found.task.kind, RehearsalTask::Kind::targets);
    EXPECT_GT(found.constant_loss, .1) << last;
    EXPECT_EQ(found.verdict, learns) << last << ": " << found.reason;
  }
}

// However many of the logits a rectifier keeps at 0: the softmax says what they are.
TEST(Rehearsal, RectifiedLogitsOfASoftmaxGetLabels) {
  NetworkBuilder builder("rectified");
  std::string x = builder.linear(builder.input("x", {10}), {"a", 10, 64, true, "", ""});
  x = builder.linear(builder.activation(x, "relu", "relu"), {"head", 64, 6, true, "", ""});
  builder.output(builder.node("Softmax", "softmax", {builder.node("Relu", "rectified", {x})}));
  Network network = initialize(builder.build(), "he", 1).network;
  network.set_parameter("head.bias", at::full({6}, 3.F));  // alive for most examples
  EXPECT_EQ(rehearsed(network).task.kind, RehearsalTask::Kind::labels);
  EXPECT_EQ(rehearsed(network).verdict, learns);
  network.set_parameter("head.bias", at::full({6}, -30.F));
  EXPECT_EQ(rehearsed(network).verdict, stuck) << "no logit is ever above 0";
}

// tanh or the like, then what a mean and a deviation, or the limits of an action, make of it.
TEST(Rehearsal, ScaledAndShiftedOutputsAreAskedForWhatTheyCanBe) {
  for (const auto& [factor, shift] : std::vector<std::pair<double, double>>{{.02, 0}, {.1, 3}, {-40, 20}}) {
    NetworkBuilder builder("scaled");
    std::string x = builder.linear(builder.input("x", {10}), {"a", 10, 64, true, "", ""});
    x = builder.linear(builder.activation(x, "relu", "relu"), {"head", 64, 2, true, "", ""});
    x = builder.scale(builder.node("Tanh", "tanh", {x}), "scaled", factor);
    builder.output(builder.add(x, builder.constant("shift", shift), "shifted"));
    const Rehearsal found = rehearsed(initialize(builder.build(), "he", 1).network);
    EXPECT_EQ(found.task.kind, RehearsalTask::Kind::targets) << factor;
    EXPECT_EQ(found.verdict, learns) << factor << ": " << found.reason;
    EXPECT_LE(found.constant_loss, factor * factor) << "no target lies beyond what it can reach";
  }
}

// A softmax of the coordinates of a unit vector leaves 1.27 of the 2.08 nats of 8 classes at best.
TEST(Rehearsal, LogitsOfBoundedLengthAreMeasuredByWhatTheyAllow) {
  const auto unit = [](const std::string& scheme) {
    NetworkBuilder builder("unit");
    std::string x = builder.linear(builder.input("x", {20}), {"a", 20, 64, true, "", ""});
    x = builder.linear(builder.activation(x, "relu", "relu"), {"head", 64, 16, true, "", ""});
    builder.output(builder.node("LpNormalization", "unit", {x}));
    return rehearsed(initialize(builder.build(), scheme, 1).network);
  };
  const Rehearsal found = unit("he"), alike = unit("zeros");
  EXPECT_EQ(found.task.kind, RehearsalTask::Kind::labels);
  EXPECT_THAT(found.task.sentence, HasSubstr("times 10"));
  EXPECT_EQ(found.verdict, learns) << found.reason;
  EXPECT_LT(found.share(), kFittedShare) << found.reason;
  EXPECT_NE(alike.verdict, learns) << "outputs that are all alike stay so: " << alike.reason;
}

// Quantiles, cut points and the like.
TEST(Rehearsal, RunningSumsAreAskedForNumbersThatRise) {
  NetworkBuilder builder("rising");
  std::string x = builder.linear(builder.input("x", {20}), {"a", 20, 64, true, "", ""});
  x = builder.linear(builder.activation(x, "relu", "relu"), {"head", 64, 4, true, "", ""});
  const std::string axis = builder.parameter("axis", at::tensor(int64_t{-1}), false);
  builder.output(builder.node("CumSum", "sum", {builder.node("Softplus", "steps", {x}), axis}));
  const Rehearsal found = rehearsed(initialize(builder.build(), "he", 1).network);
  EXPECT_EQ(found.task.kind, RehearsalTask::Kind::targets);
  EXPECT_EQ(found.verdict, learns) << found.reason;
}

// Ids through an embedding, one linear map per token.
TEST(Rehearsal, TokensGetLabelsAtEightPositions) {
  NetworkBuilder builder("tokens");
  const std::string ids = builder.input("ids", {12}, at::kLong);
  const std::string table = builder.parameter("table", at::zeros({20, 32}), true, "gaussian:std=1");
  std::string x = builder.node("Gather", "embedded", {table, ids});
  x = builder.node("Reshape", "all", {x, builder.parameter("row", at::tensor({-1, 384}), false)});
  x = builder.activation(builder.linear(x, {"a", 384, 64, true, "", ""}), "relu", "relu");
  x = builder.linear(x, {"head", 64, 240, true, "", ""});
  builder.output(
      builder.node("Reshape", "tokens", {x, builder.parameter("rows", at::tensor({-1, 12, 20}), false)}));
  const Rehearsal found = rehearsed(initialize(builder.build(), "he", 1).network);
  EXPECT_EQ(found.verdict, learns) << found.reason;
  EXPECT_EQ(found.task.positions, 8);
  EXPECT_EQ(found.task.kind, RehearsalTask::Kind::labels);
}

TEST(Rehearsal, ChannelsOfAConvolutionAreTheClasses) {
  NetworkBuilder builder("pixels");
  std::string x = builder.convolution(builder.input("x", {3, 6, 6}), {"a", 3, 24, 3, 1, 1, true, ""});
  x = builder.convolution(builder.activation(x, "relu", "relu"), {"b", 24, 5, 3, 1, 1, true, ""});
  builder.output(x);
  const Rehearsal found = rehearsed(initialize(builder.build(), "he", 1).network);
  EXPECT_EQ(found.task.classes, 5);
  EXPECT_EQ(found.task.positions, 8);
}

TEST(Rehearsal, IsAFunctionOfTheSeed) {
  const Network network = drawn("feedforward:input=20,width=40,depth=2,count=linear,output=4", "he");
  RehearsalOptions options;
  options.steps = 10;
  const Rehearsal one = rehearsed(network, options), same = rehearsed(network, options);
  EXPECT_EQ(one.curves[0].losses, same.curves[0].losses);
  options.seed = 2;
  EXPECT_NE(rehearsed(network, options).curves[0].losses, one.curves[0].losses);
}

TEST(Rehearsal, TheBudgetIsKeptAndSaid) {
  const Network network = drawn("feedforward:input=500,width=500,depth=20,count=linear,output=10", "pytorch");
  RehearsalOptions options;
  options.seconds = .5;
  const Rehearsal found = rehearsal(network, gaussian_batch(network.inputs(), 32, 1), options);
  EXPECT_TRUE(found.cut);
  EXPECT_NE(found.verdict, learns);
  constexpr double kOneStep = 5;  // seconds: the step during which the budget ends, on a busy machine
  EXPECT_LT(found.seconds, options.seconds + kOneStep);
}

TEST(Rehearsal, ExamplesThatAreAllTheSameAreNoTest) {
  const Network network = two_layers(6, "");
  Batch batch;
  batch.inputs = {at::ones({32, 10})};
  EXPECT_EQ(rehearsal(network, batch).verdict, unjudged);
}

TEST(Rehearsal, RefusesWhatIsNoRehearsal) {
  const Network network = two_layers(6, "");
  const Batch batch = gaussian_batch(network.inputs(), 8, 1);
  EXPECT_THROW(rehearsal(network, {}), std::invalid_argument);
  EXPECT_THROW(rehearsal(network, batch, {.examples = 1}), std::invalid_argument);
  EXPECT_THROW(rehearsal(network, batch, {.steps = 0}), std::invalid_argument);
  EXPECT_THROW(rehearsal(network, batch, {.rates = {}}), std::invalid_argument);
  EXPECT_THROW(rehearsal(network, batch, {.rates = {-1}}), std::invalid_argument);
  EXPECT_THROW(rehearsal(network, batch, {.seconds = 0}), std::invalid_argument);
}

TEST(Rehearsal, StopsWhenInterrupted) {
  const Network network = two_layers(6, "");
  request_interrupt();
  EXPECT_THROW(rehearsed(network), Interrupted);
  clear_interrupt();
}

TEST(Rehearsal, OneScoreWithSeveralOffsetsGetsTargetsForIt) {
  NetworkBuilder builder("ordinal");
  const std::string hidden = builder.activation(
      builder.linear(builder.input("x", {10}), {"a", 10, 64, true, "", ""}), "relu", "relu");
  const std::string score = builder.linear(hidden, {"score", 64, 1, false, "", ""});
  builder.output(builder.add(score, builder.parameter("offsets", at::arange(4, at::kFloat), true), "scores"));
  const Rehearsal found = rehearsed(initialize(builder.build(), "he", 1).network);
  EXPECT_EQ(found.task.kind, RehearsalTask::Kind::targets);
  EXPECT_EQ(found.verdict, learns) << found.reason;
}

}  // namespace
}  // namespace shatterproof::rehearsal_test
