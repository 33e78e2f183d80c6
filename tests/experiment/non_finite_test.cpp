// SPDX-License-Identifier: Apache-2.0
#include "shatterproof/experiment/non_finite.h"

#include <algorithm>
#include <map>

#include "shatterproof/network/builder.h"
#include "tests/experiment/subject.h"
#include "tests/support/fake_taps.h"

namespace shatterproof::non_finite_test {
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

// What is written between scores, masked, and probabilities.
struct WayToProbabilities {
  const char* name;
  std::string (*write)(NetworkBuilder& builder, const std::string& scores);
};

std::string number(NetworkBuilder& b, const std::string& name, double value) {
  return b.parameter(name, at::scalar_tensor(value, at::kFloat), false);
}

std::string softmax(NetworkBuilder& b, const std::string& scores) {
  return b.node("Softmax", "softmax", {scores}, {{"axis", int64_t{-1}}});
}

std::string over_their_sum(NetworkBuilder& b, const std::string& powers) {
  const std::string axes = b.parameter("axes_of_sum", at::tensor({int64_t{-1}}), false);
  return b.node("Div", "shares", {powers, b.node("ReduceSum", "total", {powers, axes})});
}

std::string softmax_written_out(NetworkBuilder& b, const std::string& scores) {
  const std::string most =
      b.node("ReduceMax", "most", {scores}, {{"axes", std::vector<int64_t>{-1}}, {"keepdims", int64_t{1}}});
  return over_their_sum(b, b.node("Exp", "powers", {b.node("Sub", "shifted", {scores, most})}));
}

const std::vector<WayToProbabilities>& ways() {
  using Builder = NetworkBuilder;
  static const std::vector<WayToProbabilities> kWays = {
      {"softmax", softmax},
      {"cast",
       [](Builder& b, const std::string& x) {
         return softmax(b, b.node("Cast", "cast", {x}, {{"to", int64_t{1}}}));
       }},
      {"view", [](Builder& b, const std::string& x) { return softmax(b, b.node("Flatten", "view", {x})); }},
      {"contiguous",
       [](Builder& b, const std::string& x) { return softmax(b, b.node("Identity", "contiguous", {x})); }},
      {"times one",
       [](Builder& b, const std::string& x) {
         return softmax(b, b.node("Mul", "product", {x, number(b, "one", 1)}));
       }},
      {"scaled behind",
       [](Builder& b, const std::string& x) {
         return softmax(b, b.node("Div", "quotient", {x, number(b, "scale", 8)}));
       }},
      {"shifted and cast",
       [](Builder& b, const std::string& x) {
         const std::string sum = b.node("Add", "sum", {x, number(b, "shift", 3)});
         return softmax(b, b.node("Cast", "cast", {sum}, {{"to", int64_t{1}}}));
       }},
      {"written out", softmax_written_out},
      {"written out without the largest",
       [](Builder& b, const std::string& x) { return over_their_sum(b, b.node("Exp", "powers", {x})); }},
  };
  return kWays;
}

// Scores of three, where `hidden` masked by an addition or by a choice, on their way.
Network masked(const WayToProbabilities& way, const at::Tensor& hidden, bool chooses) {
  NetworkBuilder b("masked");
  const std::string x = b.input("input", {3});
  const at::Tensor mask = at::zeros({3}).masked_fill(hidden, -INFINITY);
  const std::string scores =
      chooses ? b.node("Where", "masked",
                       {b.parameter("hidden", hidden, false), number(b, "infinity", -INFINITY), x})
              : b.node("Add", "masked", {x, b.parameter("mask", mask, false)});
  b.output(way.write(b, scores));
  return b.build();
}

TEST(FirstNonFinite, LetsAMaskedScorePassWhateverIsBetweenItAndAProbability) {
  const Batch batch = batch_of(gaussian_tensor("x", {4, 3}));
  for (const WayToProbabilities& way : ways()) {
    for (const bool chooses : {false, true}) {
      for (const int64_t mini_batch : {0, 2}) {
        RunOptions options;
        options.mini_batch = mini_batch;
        const auto found =
            first_non_finite(masked(way, at::tensor({0, 1, 0}).to(at::kBool), chooses), batch, options);
        EXPECT_FALSE(found) << way.name << ": " << found->what << " at " << found->node;
      }
    }
  }
}

TEST(FirstNonFinite, NamesWhereARowThatIsAllMaskedBecomesNanAndTheMask) {
  const std::map<std::string, std::string> places = {{"written out", "shifted"},
                                                     {"written out without the largest", "shares"}};
  const Batch batch = batch_of(gaussian_tensor("x", {4, 3}));
  for (const WayToProbabilities& way : ways()) {
    for (const bool chooses : {false, true}) {
      const auto found = first_non_finite(masked(way, at::ones({3}, at::kBool), chooses), batch, {});
      ASSERT_TRUE(found) << way.name;
      EXPECT_EQ(found->what, "nan") << way.name;
      const auto place = places.find(way.name);
      EXPECT_EQ(found->node, place == places.end() ? "softmax" : place->second) << way.name;
      if (found->node == "shares") continue;  // 0 / 0
      EXPECT_TRUE(std::any_of(found->inputs.begin(), found->inputs.end(), [](const ValueRange& range) {
        return range.value == "masked";
      })) << way.name;
    }
  }
}

TEST(FirstNonFinite, IsAMaskThatTurnsRound) {
  const auto found = first_non_finite(
      masked({"negated", [](NetworkBuilder& b,
                            const std::string& x) { return softmax(b, b.node("Neg", "negated", {x})); }},
             at::tensor({0, 1, 0}).to(at::kBool), true),
      batch_of(gaussian_tensor("x", {4, 3})), {});
  ASSERT_TRUE(found);
  EXPECT_EQ(found->what, "inf");
  EXPECT_EQ(found->node, "negated");
}

TEST(FirstNonFinite, IsWhatMadeMinusInfinityOfFiniteNumbers) {
  NetworkBuilder b("log");
  const std::string log = b.node("Log", "log", {b.activation(b.input("input", {3}), "relu", "relu")});
  b.output(b.node("Mul", "product", {b.node("Identity", "copy", {log}), number(b, "zero", 0)}));
  const auto found = first_non_finite(b.build(), batch_of(at::tensor({4.0, 0.0, 1.0}).view({1, 3})), {});
  ASSERT_TRUE(found);
  EXPECT_EQ(found->what, "inf");
  EXPECT_EQ(found->node, "log");
  ASSERT_EQ(found->inputs.size(), 1U);
  EXPECT_EQ(found->inputs[0].value, "relu");
}

TEST(FirstNonFinite, IsAMaskThatReachesAnOutput) {
  const auto found = first_non_finite(
      masked(
          {"copied", [](NetworkBuilder& b, const std::string& x) { return b.node("Identity", "copy", {x}); }},
          at::tensor({0, 1, 0}).to(at::kBool), false),
      batch_of(gaussian_tensor("x", {4, 3})), {});
  ASSERT_TRUE(found);
  EXPECT_EQ(found->what, "inf");
  EXPECT_EQ(found->node, "masked");
}

}  // namespace
}  // namespace shatterproof::non_finite_test
