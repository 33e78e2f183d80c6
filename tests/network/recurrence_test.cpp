// SPDX-License-Identifier: Apache-2.0
#include "shatterproof/network/recurrence.h"

#include <ATen/ATen.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "shatterproof/network/builder.h"

namespace shatterproof::recurrence_test {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr int64_t kUnits = 3;

// h <- tanh(h U), as often as there are names of weights.
Network unrolled(const std::vector<std::pair<std::string, at::Tensor>>& weights) {
  NetworkBuilder builder("unrolled");
  std::string state = builder.input("input", {kUnits});
  for (size_t t = 0; t < weights.size(); ++t) {
    const auto& [name, value] = weights[t];
    const bool is_new = t == 0 || name != weights[t - 1].first;
    const std::string step = "step_" + std::to_string(t);
    const std::string product =
        builder.node("MatMul", step, {state, is_new ? builder.parameter(name, value, true) : name});
    state = builder.node("Tanh", step + ".state", {product});
  }
  builder.output(state);
  return builder.build();
}

at::Tensor numbers(double first) {
  return at::arange(kUnits * kUnits, at::kFloat).view({kUnits, kUnits}) + first;
}

TEST(Recurrences, OfARecurrentNodeAreItsDirections) {
  NetworkBuilder builder("both");
  const std::string x = builder.input("input", {5, kUnits});
  const std::string steps =
      builder.node("Transpose", "steps", {x}, {{"perm", std::vector<int64_t>{1, 0, 2}}});
  builder.output(builder.node("GRU", "gru",
                              {steps, builder.parameter("w", at::zeros({2, 3 * kUnits, kUnits}), true),
                               builder.parameter("r", at::zeros({2, 3 * kUnits, kUnits}), true)},
                              {{"hidden_size", kUnits}, {"direction", std::string("bidirectional")}}));
  const std::vector<Recurrence> found = recurrences(builder.build());
  ASSERT_EQ(found.size(), 2U);
  EXPECT_EQ(found[0].name, "gru");
  EXPECT_FALSE(found[0].is_reverse);
  EXPECT_EQ(found[1].name, "gru.reverse");
  EXPECT_TRUE(found[1].is_reverse);
  EXPECT_EQ(found[1].direction, 1);
  EXPECT_EQ(found[1].weight, "r");
  EXPECT_EQ(found[1].cell, "GRU");
}

TEST(Recurrences, AreFoundWhereOneWeightMultipliesStepAfterStep) {
  const at::Tensor u = numbers(0);
  const std::vector<Recurrence> found =
      recurrences(unrolled({{"u.weight", u}, {"u.weight", u}, {"u.weight", u}}));
  ASSERT_EQ(found.size(), 1U);
  EXPECT_TRUE(found[0].is_unrolled());
  EXPECT_EQ(found[0].name, "u");
  EXPECT_THAT(found[0].nodes, ElementsAre(0, 2, 4));
}

TEST(Recurrences, AreFoundWhereTheWeightWasWrittenOncePerStep) {
  const auto with = [](const at::Tensor& third) {
    return recurrences(unrolled({{"u", numbers(0)}, {"u_1", numbers(0)}, {"u_2", third}}));
  };
  EXPECT_EQ(with(numbers(0)).size(), 1U);
  EXPECT_THAT(with(numbers(1)), IsEmpty()) << "another weight";
  const at::Tensor constant = at::ones({kUnits, kUnits});
  EXPECT_THAT(recurrences(unrolled({{"u", constant}, {"u_1", constant.clone()}, {"u_2", constant.clone()}})),
              IsEmpty())
      << "weights that only begin alike";
}

TEST(Recurrences, BeginAfterAStateOfZerosForEveryExample) {
  NetworkBuilder builder("zeros");
  const std::string x = builder.input("input", {kUnits});
  const std::string zeros = builder.node("ConstantOfShape", "zeros", {builder.node("Shape", "sizes", {x})});
  const std::string u = builder.parameter("u", numbers(0), true);
  std::string state = zeros;
  for (int t = 0; t < 4; ++t) {
    const std::string step = "step_" + std::to_string(t);
    const std::string given = builder.scale(x, step + ".given", t + 1);
    state = builder.add(builder.node("MatMul", step, {state, u}), given, step + ".sum");
  }
  builder.output(state);
  const std::vector<Recurrence> found = recurrences(builder.build());
  ASSERT_EQ(found.size(), 1U);
  EXPECT_THAT(found[0].nodes, ElementsAre(5, 8, 11)) << "the first product is a constant";
}

// h <- tanh(h U + x_t), of one x or of another one in every step.
Network fed(bool with_the_same) {
  NetworkBuilder builder("fed");
  const std::string u = builder.parameter("u", numbers(0), true);
  std::string state = builder.input("state", {kUnits}), given = builder.input("given", {kUnits});
  for (int t = 0; t < 4; ++t) {
    const std::string step = "step_" + std::to_string(t);
    if (t > 0 && !with_the_same) given = builder.input("given_" + std::to_string(t), {kUnits});
    const std::string product = builder.node("MatMul", step, {state, u});
    state = builder.node("Tanh", step + ".state", {builder.add(product, given, step + ".sum")});
  }
  builder.output(state);
  return builder.build();
}

TEST(Recurrences, AreNotTheStepsToAFixedPointThatAreAllGivenTheSame) {
  EXPECT_EQ(recurrences(fed(false)).size(), 1U);
  EXPECT_THAT(recurrences(fed(true)), IsEmpty());
}

TEST(Recurrences, AreNotLayersOfAGraphWithItsMatrixInFront) {
  for (const bool trains : {false, true}) {
    NetworkBuilder builder("graph");
    std::string state = builder.input("nodes", {kUnits});
    const std::string matrix = builder.parameter("neighbours", numbers(0), trains);
    for (int t = 0; t < 4; ++t)
      state = builder.node("Tanh", "layer_" + std::to_string(t),
                           {builder.node("MatMul", "product_" + std::to_string(t), {matrix, state})});
    builder.output(state);
    EXPECT_EQ(recurrences(builder.build()).size(), trains ? 1U : 0U) << "a state may be a column";
  }
}

TEST(Recurrences, AreNotWhatParallelBranchesShare) {
  NetworkBuilder builder("siamese");
  const std::string u = builder.parameter("u", numbers(0), true);
  std::string sum;
  for (int i = 0; i < 4; ++i) {
    const std::string name = "branch_" + std::to_string(i);
    const std::string branch = builder.node("MatMul", name, {builder.input(name + ".input", {kUnits}), u});
    sum = sum.empty() ? branch : builder.add(sum, branch, name + ".sum");
  }
  builder.output(sum);
  EXPECT_THAT(recurrences(builder.build()), IsEmpty());
}

}  // namespace
}  // namespace shatterproof::recurrence_test
