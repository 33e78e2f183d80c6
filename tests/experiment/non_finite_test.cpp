// SPDX-License-Identifier: Apache-2.0
#include "shatterproof/experiment/non_finite.h"

#include "shatterproof/network/builder.h"
#include "tests/experiment/subject.h"
#include "tests/support/fake_taps.h"

namespace shatterproof {
namespace {

Batch batch_of(const at::Tensor& inputs) {
  Batch batch;
  batch.inputs = {inputs.to(at::kFloat)};
  return batch;
}

TEST(FirstNonFinite, IsNoneInAHealthyNetwork) {
  EXPECT_FALSE(first_non_finite(rectifier_network(3, 5, 4, 1), batch_of(gaussian_tensor("x", {6, 3})), {}));
}

TEST(FirstNonFinite, NamesTheNodeWhoseWeightIsNan) {
  Network network = rectifier_network(3, 5, 4, 1);
  at::Tensor weight = network.find_parameter("layer_2.weight")->value.clone();
  weight[1][2] = NAN;
  network.set_parameter("layer_2.weight", weight);
  RunOptions options;
  options.mini_batch = 4;
  const auto found = first_non_finite(network, batch_of(gaussian_tensor("x", {6, 3})), options);
  ASSERT_TRUE(found);
  EXPECT_FALSE(found->backward);
  EXPECT_EQ(found->what, "nan");
  EXPECT_EQ(found->node, "layer_2");
  EXPECT_EQ(found->op, "Gemm");
  EXPECT_EQ(found->layer, 2);
  ASSERT_EQ(found->inputs.size(), 2U);
  EXPECT_EQ(found->inputs[0].value, "relu_1");
  EXPECT_EQ(found->inputs[0].not_finite, 0);
  EXPECT_EQ(found->inputs[0].least, 0);
  EXPECT_EQ(found->inputs[1].value, "layer_2.weight");
  EXPECT_EQ(found->inputs[1].not_finite, 1);
  EXPECT_EQ(found->inputs[1].numbers, 25);
}

TEST(FirstNonFinite, TellsOverflowFromNan) {
  NetworkBuilder builder("overflow");
  const std::string x = builder.scale(builder.input("input", {2}), "large", 1e30);
  builder.output(builder.node("Exp", "exp", {x}));
  const auto found = first_non_finite(builder.build(), batch_of(at::tensor({1.0, 2.0}).view({1, 2})), {});
  ASSERT_TRUE(found);
  EXPECT_EQ(found->what, "inf");
  EXPECT_EQ(found->node, "exp");
  EXPECT_FLOAT_EQ(static_cast<float>(found->inputs.at(0).least), 1e30F);
  EXPECT_FLOAT_EQ(static_cast<float>(found->inputs.at(0).greatest), 2e30F);
}

TEST(FirstNonFinite, NamesAnInputThatIsAlreadyBroken) {
  const auto found =
      first_non_finite(rectifier_network(3, 5, 2, 1), batch_of(at::full({2, 3}, -INFINITY)), {});
  ASSERT_TRUE(found);
  EXPECT_EQ(found->node, "input");
  EXPECT_EQ(found->op, "");
  EXPECT_EQ(found->inputs.at(0).not_finite, 6);
}

TEST(FirstNonFinite, FindsADerivativeThatIsInfiniteWhereTheValueIsNot) {
  NetworkBuilder builder("root");
  std::string x = builder.activation(builder.input("input", {3}), "relu", "relu");
  x = builder.node("Sqrt", "root", {x});
  builder.output(builder.scale(x, "half", 0.5));
  const auto found =
      first_non_finite(builder.build(), batch_of(at::tensor({4.0, 0.0, -1.0}).view({1, 3})), {});
  ASSERT_TRUE(found);
  EXPECT_TRUE(found->backward);
  EXPECT_EQ(found->what, "inf");
  EXPECT_EQ(found->node, "root");
  EXPECT_EQ(found->op, "Sqrt");
  ASSERT_EQ(found->inputs.size(), 1U);
  EXPECT_EQ(found->inputs[0].value, "relu");
  EXPECT_EQ(found->inputs[0].least, 0);
  EXPECT_EQ(found->inputs[0].greatest, 4);
}

TEST(FirstNonFinite, LetsAMaskedScorePass) {
  NetworkBuilder builder("masked");
  const std::string mask = builder.parameter("mask", at::tensor({0.0F, -INFINITY, 0.0F}), false);
  const std::string scores = builder.add(builder.input("input", {3}), mask, "scores");
  builder.output(builder.node("Softmax", "softmax", {scores}, {{"axis", int64_t{-1}}}));
  const auto found = first_non_finite(builder.build(), batch_of(gaussian_tensor("x", {4, 3})), {});
  EXPECT_FALSE(found) << found->node;
}

}  // namespace
}  // namespace shatterproof
