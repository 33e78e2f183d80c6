// SPDX-License-Identifier: Apache-2.0
#include <ATen/ATen.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "operator_call.h"

namespace shatterproof::operator_attention_test {
namespace {

constexpr double kRounding = 1e-5;

// softmax(scale q k^T + mask) v, head by head and query by query.
at::Tensor slow_attention(const at::Tensor& q, const at::Tensor& k, const at::Tensor& v, double scale,
                          bool causal) {
  at::Tensor y = at::zeros({q.size(0), q.size(1), q.size(2), v.size(3)});
  const int64_t shared = q.size(1) / k.size(1);
  for (int64_t b = 0; b < q.size(0); ++b) {
    for (int64_t h = 0; h < q.size(1); ++h) {
      for (int64_t i = 0; i < q.size(2); ++i) {
        double total = 0;
        at::Tensor sum = at::zeros({v.size(3)});
        for (int64_t j = 0; j < k.size(2); ++j) {
          if (causal && j > i) continue;
          const double score = std::exp(scale * (q[b][h][i] * k[b][h / shared][j]).sum().item<double>());
          total += score;
          sum += score * v[b][h / shared][j];
        }
        y[b][h][i] = sum / total;
      }
    }
  }
  return y;
}

class AttentionTest : public testing::Test {
 protected:
  void SetUp() override { at::manual_seed(1); }
  at::Tensor q = at::randn({2, 4, 3, 5}), k = at::randn({2, 4, 6, 5}), v = at::randn({2, 4, 6, 7});
};

TEST_F(AttentionTest, WeighsValuesBySoftmaxOfScores) {
  EXPECT_TRUE(at::allclose(output_of({"Attention", 23}, {q, k, v}),
                           slow_attention(q, k, v, 1 / std::sqrt(5.0), false), kRounding, kRounding));
  EXPECT_TRUE(at::allclose(output_of({"Attention", 23, {{"scale", 0.3}}}, {q, k, v}),
                           slow_attention(q, k, v, 0.3, false), kRounding, kRounding));
}

TEST_F(AttentionTest, CausalHidesWhatComesAfter) {
  const at::Tensor square = at::randn({2, 4, 3, 5}), values = at::randn({2, 4, 3, 7});
  const Attribute yes = int64_t{1};
  EXPECT_TRUE(at::allclose(output_of({"Attention", 23, {{"is_causal", yes}}}, {q, square, values}),
                           slow_attention(q, square, values, 1 / std::sqrt(5.0), true), kRounding,
                           kRounding));
}

TEST_F(AttentionTest, GroupedQueriesShareKeysAndValues) {
  const at::Tensor keys = k.narrow(1, 0, 2), values = v.narrow(1, 0, 2);
  EXPECT_TRUE(at::allclose(output_of({"Attention", 23}, {q, keys, values}),
                           slow_attention(q, keys, values, 1 / std::sqrt(5.0), false), kRounding, kRounding));
}

TEST_F(AttentionTest, HeadsSideBySideAreTheSame) {
  const auto beside = [](const at::Tensor& x) { return x.transpose(1, 2).flatten(2); };
  const Attribute heads = int64_t{4};
  const at::Tensor y = output_of({"Attention", 23, {{"q_num_heads", heads}, {"kv_num_heads", heads}}},
                                 {beside(q), beside(k), beside(v)});
  EXPECT_TRUE(at::allclose(y, beside(output_of({"Attention", 23}, {q, k, v})), kRounding, kRounding));
}

TEST_F(AttentionTest, AMaskOfTruthIsAMaskOfMinusInfinity) {
  const at::Tensor shown = at::rand({3, 6}) > 0.4;
  const at::Tensor added = at::zeros({3, 6}).masked_fill(at::logical_not(shown), -INFINITY);
  EXPECT_TRUE(at::allclose(output_of({"Attention", 23}, {q, k, v, shown}),
                           output_of({"Attention", 23}, {q, k, v, added}), kRounding, kRounding));
}

TEST_F(AttentionTest, AQueryThatSeesNothingGetsZero) {
  at::Tensor shown = at::ones({3, 6}, at::kBool);
  shown[1].fill_(false);
  const at::Tensor y = output_of({"Attention", 23}, {q, k, v, shown});
  EXPECT_TRUE((y.select(2, 1) == 0).all().item<bool>());
  EXPECT_FALSE(at::isnan(y).any().item<bool>());
}

TEST_F(AttentionTest, RefusesHeadsThatDoNotFit) {
  EXPECT_THAT(refusal_of({"Attention", 23}, {q, k.narrow(1, 0, 3), v.narrow(1, 0, 3)}),
              testing::HasSubstr("multiple"));
  EXPECT_THAT(refusal_of({"Attention", 23}, {q, k, v.narrow(2, 0, 5)}), testing::HasSubstr("positions"));
  EXPECT_THAT(refusal_of({"Attention", 23}, {q.flatten(2), k, v}), testing::HasSubstr("q_num_heads"));
}

TEST(RotaryEmbedding, TurnsPairsByTheAngleOfTheirPosition) {
  at::manual_seed(1);
  const at::Tensor x = at::randn({2, 3, 4, 6}), angle = at::randn({10, 3});
  const at::Tensor places = at::randint(0, 10, {2, 4}, at::kLong);
  for (const int64_t interleaved : {0, 1}) {
    const at::Tensor y = output_of({"RotaryEmbedding", 23, {{"interleaved", interleaved}}},
                                   {x, at::cos(angle), at::sin(angle), places});
    for (int64_t i = 0; i < 3; ++i) {
      const int64_t one = interleaved ? 2 * i : i, two = interleaved ? 2 * i + 1 : i + 3;
      const double a = angle[places[1][2].item<int64_t>()][i].item<double>();
      const double first = x[1][2][2][one].item<double>(), second = x[1][2][2][two].item<double>();
      EXPECT_NEAR(y[1][2][2][one].item<double>(), std::cos(a) * first - std::sin(a) * second, kRounding);
      EXPECT_NEAR(y[1][2][2][two].item<double>(), std::sin(a) * first + std::cos(a) * second, kRounding);
    }
  }
}

TEST(RotaryEmbedding, KeepsLengthsAndTheRestOfAPartialTurn) {
  at::manual_seed(1);
  const at::Tensor x = at::randn({2, 4, 18}), angle = at::randn({4, 2});
  const Attribute heads = int64_t{3}, size = int64_t{4};
  const at::Tensor y =
      output_of({"RotaryEmbedding", 23, {{"num_heads", heads}, {"rotary_embedding_dim", size}}},
                {x, at::cos(angle), at::sin(angle)});
  EXPECT_TRUE(at::allclose(y.norm(2, 2), x.norm(2, 2), kRounding, kRounding));
  const auto rest = [](const at::Tensor& t) { return t.reshape({2, 4, 3, 6}).narrow(3, 4, 2); };
  EXPECT_TRUE(at::equal(rest(y), rest(x)));
}

TEST(RmsNormalization, GivesRowsOfSquareMeanOneTimesTheGain) {
  at::manual_seed(1);
  const at::Tensor x = at::randn({5, 3, 4}), gain = at::rand({4});
  const at::Tensor y = output_of({"RMSNormalization", 23, {{"epsilon", 0.0}}}, {x, gain});
  EXPECT_TRUE(at::allclose(at::square(y / gain).mean(2), at::ones({5, 3}), kRounding, kRounding));
  EXPECT_THAT(refusal_of({"RMSNormalization", 23}, {x, at::rand({2, 4})}),
              testing::HasSubstr("scale and bias fit"));
}

TEST(Swish, IsItsArgumentTimesAGate) {
  const at::Tensor x = floats({-2, 0, 3});
  EXPECT_TRUE(at::allclose(output_of({"Swish", 24, {{"alpha", 1.702}}}, {x}), x * at::sigmoid(1.702 * x),
                           kRounding, kRounding));
}

TEST(Noise, IsTheSameAtEveryRunAndHasItsLaw) {
  const NodeText normal{"RandomNormalLike", 17, {{"mean", 2.0}, {"scale", 0.5}}};
  const at::Tensor x = at::zeros({200, 50});
  const at::Tensor y = output_of(normal, {x});
  EXPECT_TRUE(at::equal(y, output_of(normal, {x})));
  constexpr double kOfTenThousand = 0.03;
  EXPECT_NEAR(y.mean().item<double>(), 2, kOfTenThousand);
  EXPECT_NEAR(y.std().item<double>(), 0.5, kOfTenThousand);
  const at::Tensor coins = output_of({"Bernoulli"}, {at::full({200, 50}, 0.3)});
  EXPECT_NEAR(coins.mean().item<double>(), 0.3, kOfTenThousand);
}

}  // namespace
}  // namespace shatterproof::operator_attention_test
