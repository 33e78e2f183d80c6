// SPDX-License-Identifier: Apache-2.0
#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <string>

#include "shatterproof/dataset/gaussian.h"
#include "shatterproof/initializer/catalog.h"
#include "shatterproof/network/builder.h"
#include "shatterproof/train/rehearsal.h"
#include "shatterproof/train/without_dropout.h"

// What a rehearsal may ask of a network, and what it may not.
namespace shatterproof::fair_rehearsal_test {
namespace {

using enum RehearsalVerdict;

RehearsalOptions unhurried() {
  RehearsalOptions options;
  options.seconds = 300;  // never the limit, so that the test does not depend on the machine
  return options;
}

Rehearsal rehearsed(const Network& network, const RehearsalOptions& options = unhurried()) {
  return rehearsal(network, gaussian_batch(network.inputs(), 32, 1, 20), options);
}

TEST(FairRehearsal, WhatFewParametersCannotKnowByHeartIsNotAskedOfThem) {
  NetworkBuilder builder("few");
  const std::string hidden =
      builder.activation(builder.linear(builder.input("x", {4}), {"a", 4, 16, true, "", ""}), "relu", "relu");
  builder.output(builder.node("Softmax", "softmax", {builder.linear(hidden, {"head", 16, 3, true, "", ""})}));
  const Rehearsal found = rehearsed(initialize(builder.build(), "pytorch", 1).network);
  EXPECT_EQ(found.verdict, learns) << found.reason;
  EXPECT_TRUE(found.task.follows_inputs) << "131 numbers do not hold 32 labels: what a plane tells they do";
}

// Labels of one column hold as far around the examples as that column varies, however wide another one is.
TEST(FairRehearsal, AroundAnExampleIsMeasuredByEachColumnsOwnDeviation) {
  NetworkBuilder builder("columns");
  std::string x = builder.normalization(builder.input("x", {20}), "norm", "batch", 20);
  for (const char* name : {"a", "b"})
    x = builder.activation(builder.linear(x, {name, name[0] == 'a' ? 20 : 64, 64, true, "", ""}),
                           std::string(name) + "_relu", "relu");
  builder.output(builder.linear(x, {"head", 64, 10, true, "", ""}));
  const Network network = initialize(builder.build(), "pytorch", 1).network;
  Batch batch = gaussian_batch(network.inputs(), 32, 1, 20);
  batch.inputs[0] = batch.inputs[0] * at::logspace(-2, 6, 20, 10., at::kFloat);
  const Rehearsal found = rehearsal(network, batch, unhurried());
  EXPECT_EQ(found.verdict, learns) << found.reason;
}

// Rows that are made of numbers of several examples, steps first: learned by heart for as long as they stay.
TEST(FairRehearsal, WhatAnAnswerOwesToItsCompanyIsNotLearnedInAnotherOrder) {
  const auto rows_of = [](bool mixes) {
    NetworkBuilder builder("rows");
    const std::string x = builder.input("x", {5, 8}),
                      steps =
                          builder.node("Transpose", "steps", {x}, {{"perm", std::vector<int64_t>{1, 0, 2}}});
    const at::Tensor shape = at::full({2}, 40, at::kLong).index_fill_(0, at::zeros({1}, at::kLong), -1);
    const std::string rows =
        builder.node("Reshape", "rows", {mixes ? steps : x, builder.parameter("shape", shape, false)});
    const std::string hidden =
        builder.activation(builder.linear(rows, {"a", 40, 64, true, "", ""}), "relu", "relu");
    builder.output(builder.linear(hidden, {"head", 64, 10, true, "", ""}));
    return initialize(builder.build(), "he", 1).network;
  };
  RehearsalOptions other = unhurried();
  other.reorders = true;
  EXPECT_EQ(rehearsed(rows_of(true)).verdict, learns);
  EXPECT_EQ(rehearsed(rows_of(true), other).verdict, stuck);
  EXPECT_EQ(rehearsed(rows_of(false), other).verdict, learns) << "whom no company changes";
}

TEST(FairRehearsal, WithoutItsDropoutIsAskedWhatWasHeldBackOrFittedInPart) {
  const auto dropping = [](double ratio) {
    NetworkBuilder builder("dropping");
    std::string x = builder.input("x", {20});
    for (const char* name : {"a", "b"}) {
      x = builder.linear(x, {name, name[0] == 'a' ? 20 : 64, 64, true, "", ""});
      x = builder.activation(x, std::string(name) + "_relu", "relu");
      if (ratio >= 0) x = builder.node("Dropout", std::string(name) + "_dropout", {x}, {{"ratio", ratio}});
    }
    builder.output(builder.linear(x, {"head", 64, 10, true, "", ""}));
    return initialize(builder.build(), "he", 1).network;
  };
  const auto asked = [](const Network& network) {
    const Batch batch = gaussian_batch(network.inputs(), 32, 1, 20);
    const auto source = tap_source(network, {});
    return without_dropout(*source, batch, unhurried(), rehearsal(*source, batch, unhurried()));
  };
  const std::optional<WithoutDropout> heavy = asked(dropping(.95));
  ASSERT_TRUE(heavy);
  EXPECT_EQ(heavy->heaviest.name, "a_dropout");
  EXPECT_EQ(heavy->heaviest.ratio, .95);
  EXPECT_EQ(heavy->rehearsal.verdict, learns);
  EXPECT_FALSE(heavy->is_usual());
  ASSERT_TRUE(heavy->of_plane) << "which is easier through masks than random labels are";
  EXPECT_TRUE(heavy->of_plane->task.follows_inputs);
  EXPECT_FALSE(asked(dropping(.1))) << "learns through it";
  EXPECT_FALSE(asked(dropping(-1))) << "drops nothing";
  // Fitted, but by heart alone, or not to a tenth: of a usual dropout only.
  const auto asked_of = [&](const Network& network, RehearsalVerdict verdict, double left) {
    const Batch batch = gaussian_batch(network.inputs(), 32, 1, 20);
    Rehearsal made;
    made.verdict = verdict;
    made.constant_loss = 1;
    made.level = left;
    return without_dropout(*tap_source(network, {}), batch, unhurried(), made).has_value();
  };
  EXPECT_TRUE(asked_of(dropping(.5), RehearsalVerdict::memorizes, .05));
  EXPECT_TRUE(asked_of(dropping(.5), learns, .3));
  EXPECT_FALSE(asked_of(dropping(.5), learns, .05));
  EXPECT_FALSE(asked_of(dropping(.8), RehearsalVerdict::memorizes, .05));
}

// Steps that have nothing in common, as of a sequence seen through a window: what lies around 256 labels is
// too much for so few units, though not around 32.
TEST(FairRehearsal, OfManyPositionsThatAreKnownByHeartAloneTheLastIsAsked) {
  NetworkBuilder builder("steps");
  std::string x = builder.input("x", {8, 10});
  for (const char* name : {"a", "b", "c"}) {
    x = builder.linear_per_token(x, name, name[0] == 'a' ? 10 : 32, 32);
    x = builder.activation(x, std::string(name) + "_relu", "relu");
  }
  builder.output(builder.linear_per_token(x, "head", 32, 8));
  const Rehearsal found = rehearsed(initialize(builder.build(), "he", 1).network);
  EXPECT_EQ(found.verdict, learns) << found.reason;
  EXPECT_EQ(found.task.positions, 1);
  EXPECT_EQ(found.task.sentence, "a random label of 8 for each of 32 examples, at its last position");
}

// A number, one below it and one above: no label makes the middle one the largest.
TEST(FairRehearsal, QuantilesAreAskedForNumbersInTheirOrder) {
  const auto quantiles = [](bool tells_apart) {
    NetworkBuilder builder("quantiles");
    const std::string x = builder.input("x", {20}), none = builder.parameter("none", at::zeros({1}), false);
    std::string hidden = tells_apart ? x : builder.node("Mul", "nothing", {x, none});
    hidden = builder.activation(builder.linear(hidden, {"a", 20, 64, true, "", ""}), "relu", "relu");
    const auto head = [&](const char* name) { return builder.linear(hidden, {name, 64, 1, true, "", ""}); };
    const auto gap = [&](const char* name) {
      return builder.node("Softplus", std::string(name) + "_size", {head(name)});
    };
    const std::string middle = head("middle"), below = builder.node("Sub", "low", {middle, gap("below")}),
                      above = builder.node("Add", "high", {middle, gap("above")});
    builder.output(builder.node("Concat", "all", {below, middle, above}, {{"axis", int64_t{1}}}));
    return initialize(builder.build(), "he", 1).network;
  };
  const Rehearsal found = rehearsed(quantiles(true));
  EXPECT_EQ(found.verdict, learns) << found.reason;
  EXPECT_EQ(found.task.kind, RehearsalTask::Kind::targets);
  EXPECT_EQ(found.task.sentence, "random targets for each of 32 examples, in order of size");
  EXPECT_EQ(rehearsed(quantiles(false)).verdict, stuck) << "for want of anything that tells examples apart";
}

}  // namespace
}  // namespace shatterproof::fair_rehearsal_test
