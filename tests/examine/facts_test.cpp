// SPDX-License-Identifier: Apache-2.0
#include "shatterproof/examine/facts.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include "shatterproof/core/random.h"
#include "shatterproof/network/builder.h"

namespace shatterproof::facts_test {
namespace {

constexpr int64_t kExamples = 256;

at::Tensor uniform(int64_t columns) {
  at::Tensor drawn = at::empty({kExamples, columns}, at::kDouble);
  RandomStream(1, "inputs").uniform({drawn.data_ptr<double>(), static_cast<size_t>(drawn.numel())});
  return drawn;
}

at::Tensor gaussian(int64_t columns) {
  at::Tensor drawn = at::empty({kExamples, columns}, at::kDouble);
  RandomStream(1, "inputs").gaussian({drawn.data_ptr<double>(), static_cast<size_t>(drawn.numel())});
  return drawn;
}

InputFacts facts_of(const at::Tensor& inputs) {
  NetworkBuilder builder("map");
  const int64_t columns = inputs.size(1);
  builder.output(builder.linear(builder.input("x", {columns}), {"map", columns, 2, false, "", ""}));
  const Network network = builder.build();
  Batch batch;
  batch.inputs = {inputs.to(at::kFloat)};
  return input_facts(network, structure(network), batch);
}

TEST(InputFacts, ANormBehindEveryLayerThatReadsThemTakesTheirScaleOut) {
  const auto is_normalized = [](bool first, bool second) {
    NetworkBuilder builder("two_ways");
    const std::string x = builder.input("x", {4});
    const auto way = [&](const std::string& name, bool normalizes) {
      const std::string made = builder.linear(x, {name, 4, 8, true, "", ""});
      return builder.activation(normalizes ? builder.normalization(made, name + "_norm", "batch", 8) : made,
                                name + "_relu", "relu");
    };
    const std::string sum = builder.node("Add", "sum", {way("a", first), way("b", second)});
    builder.output(builder.linear(sum, {"head", 8, 2, true, "", ""}));
    const Network network = builder.build();
    Batch batch;
    batch.inputs = {gaussian(4).to(at::kFloat)};
    return input_facts(network, structure(network), batch).normalized_behind;
  };
  EXPECT_TRUE(is_normalized(true, true));
  EXPECT_FALSE(is_normalized(true, false));
  EXPECT_FALSE(is_normalized(false, false));
}

// Words of a text: a few in all of them, most in hardly any.
TEST(InputFacts, CountsThatAreMostlyZeroAreNoOffsetsAndVaryAsTheirNumbersDo) {
  constexpr int64_t kWords = 500;
  const at::Tensor rates = 30 / at::arange(1, kWords + 1, at::kDouble);
  // The sum of many rare events, each of its own.
  at::Tensor counts = at::zeros({kExamples, kWords}, at::kDouble);
  constexpr int64_t kTrials = 40;
  const at::Tensor drawn = uniform(kWords * kTrials).view({kExamples, kTrials, kWords});
  counts = drawn.lt(rates / kTrials).to(at::kDouble).sum(1);
  const InputFacts found = facts_of(counts);
  constexpr double kMostOffset = 15, kMostRatio = 100;  // the first word: 30 of 40, 11 of its own deviations
  EXPECT_GT(counts.mean(0).max().item<double>() / counts.var(0).mean().sqrt().item<double>(),
            2 * kMostOffset);
  EXPECT_LT(found.largest_offset, kMostOffset);
  EXPECT_LT(found.deviation_ratio, kMostRatio);
}

TEST(InputFacts, AnAmountThatFewHaveIsWideAllTheSame) {
  at::Tensor inputs = gaussian(10);
  inputs.select(1, 4).mul_(inputs.select(1, 3).gt(1.5)).abs_().mul_(1e4);
  const InputFacts found = facts_of(inputs);
  EXPECT_GT(found.deviation_ratio, 5e3);
  EXPECT_EQ(found.widest, "column 5");
}

TEST(InputFacts, AnOffsetIsOneOfTheChannelAndOfAll) {
  at::Tensor inputs = gaussian(10);
  EXPECT_LT(facts_of(inputs).largest_offset, 1);
  inputs.select(1, 2).add_(40);
  EXPECT_GT(facts_of(inputs).largest_offset, 30);
  inputs.select(1, 2).sub_(40).mul_(20).add_(60);
  EXPECT_NEAR(facts_of(inputs).largest_offset, 3, .5) << "three of its own deviations";
  inputs.select(1, 2).mul_(1e-4).add_(1);
  EXPECT_NEAR(facts_of(inputs).largest_offset, 1, .2) << "what hardly varies is a shift of size 1";
}

TEST(OutputFacts, AccuracyIsThatOnTheLabelsOfTheseExamples) {
  NetworkBuilder builder("logits");
  builder.output(builder.linear(builder.input("x", {3}), {"head", 3, 2, true, "", ""}));
  const Network network = builder.build();
  const at::Tensor logits = at::tensor({2.f, 1.f, 0.f, 1.f, 3.f, 1.f, 5.f, 4.f}).view({4, 2});  // 0, 1, 0, 0
  const at::Tensor labels = at::tensor({0, 1, 1, 0, 1, 1}, at::kLong);                          // of two more
  EXPECT_EQ(output_facts(network, {logits}, labels).accuracy, .75);
  EXPECT_FALSE(output_facts(network, {logits}, labels).are_right())
      << "half of the way is .75, which is no more";
  EXPECT_TRUE(output_facts(network, {logits}, at::tensor({0, 1, 0, 0}, at::kLong)).are_right());
  EXPECT_FALSE(output_facts(network, {logits}).accuracy);
  EXPECT_FALSE(output_facts(network, {logits}, labels.narrow(0, 0, 2)).accuracy) << "too few";
}

}  // namespace
}  // namespace shatterproof::facts_test
