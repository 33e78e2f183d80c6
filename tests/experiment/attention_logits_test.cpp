// SPDX-License-Identifier: Apache-2.0
#include "experiment/attention_logits.h"

#include <cmath>

#include "shatterproof/architecture/catalog.h"
#include "shatterproof/experiment/measure.h"
#include "shatterproof/initializer/catalog.h"
#include "shatterproof/network/builder.h"
#include "tests/matchers.h"
#include "tests/support/fake_taps.h"

namespace shatterproof::attention_logits_test {
namespace {

constexpr double kRounding = 1e-12;
constexpr double kFloat32Scale = 1e-7;  // the factor 1 / sqrt 3 is written so
constexpr double kMinusInfinity = -std::numeric_limits<double>::infinity();

std::vector<Reading> attention_logits(const Network& network, std::vector<at::Tensor> inputs,
                                      int64_t mini_batch = 0) {
  Batch batch;
  batch.inputs = std::move(inputs);
  MeasureRequest request;
  request.run.dtype = at::kDouble;
  request.run.mini_batch = mini_batch;
  return measure(network, batch, {"attention_logits"}, request).readings;
}

// softmax(q k / sqrt d + mask) v, queries [heads, queries, d], keys already transposed.
Network written_out(int64_t heads, int64_t tokens, int64_t d, const at::Tensor& mask) {
  NetworkBuilder builder("attention");
  const std::string q = builder.input("q", {heads, tokens, d}), k = builder.input("k", {heads, d, tokens}),
                    v = builder.input("v", {heads, tokens, d});
  const std::string products = builder.node("MatMul", "products", {q, k});
  const std::string scaled = builder.scale(products, "scaled", 1 / std::sqrt(static_cast<double>(d)));
  const std::string masked = builder.add(scaled, builder.parameter("mask", mask, false), "masked");
  const std::string softmax = builder.node("Softmax", "softmax", {masked}, {{"axis", int64_t{-1}}});
  builder.output(builder.node("MatMul", "mixed", {softmax, v}));
  return builder.build();
}

// The same as one node, which takes keys as they are.
Network one_node(int64_t heads, int64_t tokens, int64_t d, bool is_causal) {
  NetworkBuilder builder("attention");
  std::vector<std::string> inputs;
  for (const char* name : {"q", "k", "v"}) inputs.push_back(builder.input(name, {heads, tokens, d}));
  builder.output(builder.node("Attention", "attention", inputs, {{"is_causal", int64_t{is_causal}}}));
  return builder.build();
}

TEST(AttentionLogits, OfTwoHeadsByHand) {
  // Head 0: logits (ln 3, 0) for both queries, probabilities 3/4 and 1/4. Head 1: all alike.
  const double logit = std::log(3.0);
  at::Tensor q = at::zeros({1, 2, 2, 1}, at::kDouble), k = at::zeros({1, 2, 1, 2}, at::kDouble);
  q.select(1, 0).fill_(logit);
  k[0][0][0][0] = 1;
  const std::vector<Reading> readings =
      attention_logits(written_out(2, 2, 1, at::zeros({2, 2}, at::kDouble)), {q, k, at::ones({1, 2, 2, 1})});
  const double entropy = -(0.75 * std::log(0.75) + 0.25 * std::log(0.25)) / std::log(2);
  EXPECT_THAT(find_reading(readings, "attention_logits").values,
              ::testing::ElementsAre(IsNear(logit, kRounding)));
  EXPECT_THAT(find_reading(readings, "attention_entropy").values,
              ::testing::ElementsAre(IsNear((entropy + 1) / 2, kRounding)));
  const Reading& heads = find_reading(readings, "attention_entropy_of_heads");
  EXPECT_THAT(heads.values, ::testing::ElementsAre(IsNear(entropy, kRounding), IsNear(1, kRounding)));
  EXPECT_EQ(heads.tap, "softmax");
}

TEST(AttentionLogits, CountsOnlyTheKeysThatAMaskAllows) {
  // Query i sees keys 0 .. i, all alike: the entropy is ln(i + 1), and of the first query there is none.
  for (const double hidden : {kMinusInfinity, -1e4, -3.4028234663852886e38}) {
    const at::Tensor mask = at::full({3, 3}, hidden, at::kDouble).triu(1);
    const at::Tensor q = at::zeros({2, 1, 3, 4}), k = at::zeros({2, 1, 4, 3});
    const std::vector<Reading> readings =
        attention_logits(written_out(1, 3, 4, mask), {q, k, at::ones({2, 1, 3, 4})});
    EXPECT_THAT(find_reading(readings, "attention_logits").values, ::testing::ElementsAre(0)) << hidden;
    EXPECT_THAT(find_reading(readings, "attention_entropy").values,
                ::testing::ElementsAre(IsNear(1, kRounding)))
        << hidden;
  }
}

TEST(AttentionLogits, LeavesOutQueriesThatSeeNothing) {
  at::Tensor mask = at::zeros({2, 2}, at::kDouble);
  mask[1].fill_(kMinusInfinity);
  at::Tensor q = at::zeros({1, 1, 2, 1}), k = at::ones({1, 1, 1, 2});
  const std::vector<Reading> readings =
      attention_logits(written_out(1, 2, 1, mask), {q, k, at::ones({1, 1, 2, 1})});
  EXPECT_THAT(find_reading(readings, "attention_entropy").values,
              ::testing::ElementsAre(IsNear(1, kRounding)));
}

TEST(AttentionLogits, ReadsTheOperatorAsWhatItIsMadeOf) {
  const at::Tensor q = 3 * gaussian_tensor("q", {4, 2, 5, 3}), k = gaussian_tensor("k", {4, 2, 5, 3}),
                   v = gaussian_tensor("v", {4, 2, 5, 3});
  const at::Tensor mask = at::full({5, 5}, kMinusInfinity, at::kDouble).triu(1);
  const std::vector<Reading> apart =
      attention_logits(written_out(2, 5, 3, mask), {q, k.transpose(2, 3).contiguous(), v}, 3);
  const std::vector<Reading> whole = attention_logits(one_node(2, 5, 3, true), {q, k, v});
  for (size_t i = 0; i < apart.size(); ++i) {
    ASSERT_TRUE(apart[i].is_defined()) << apart[i].undefined;
    for (size_t j = 0; j < apart[i].values.size(); ++j)
      EXPECT_THAT(whole.at(i).values.at(j), IsNear(apart[i].values[j], kFloat32Scale));
  }
}

// With q and k of N(0, 1) logits are N(0, 1), and in many keys ln n - 1/2 of ln n is left of the entropy.
TEST(AttentionLogits, OfUnitLogitsLoseHalfANat) {
  constexpr int64_t kTokens = 256;
  const Network network =
      initialize(build_family("transformer_pre_norm:depth=1,tokens=256,width=128,heads=2"), "lecun", 1)
          .network;
  const std::vector<Reading> readings =
      attention_logits(network, {gaussian_tensor("x", {4, kTokens, 128}).to(at::kFloat)});
  const double n = std::log(static_cast<double>(kTokens));
  constexpr double kFiniteWidth = 0.01;  // heads of 64 numbers, 256 keys
  EXPECT_THAT(find_reading(readings, "attention_entropy").values.at(0), IsNear(1 - 0.5 / n, kFiniteWidth));
  // The largest of 2^19 standard normal numbers.
  EXPECT_THAT(find_reading(readings, "attention_logits").values.at(0),
              IsNear(std::sqrt(2 * std::log(1 << 19)), 0.2));
}

TEST(AttentionLogits, SaysWhyItIsUndefined) {
  NetworkBuilder builder("none");
  builder.output(builder.linear(builder.input("input", {2}), {"layer", 2, 2, false, "", ""}));
  EXPECT_THAT(attention_logits(builder.build(), {at::ones({3, 2})}).at(0).undefined,
              ::testing::HasSubstr("no attention"));
  const std::vector<Reading> alone = attention_logits(
      one_node(1, 1, 2, false), {at::ones({1, 1, 1, 2}), at::ones({1, 1, 1, 2}), at::ones({1, 1, 1, 2})});
  EXPECT_THAT(find_reading(alone, "attention_entropy").undefined, ::testing::HasSubstr("one key"));
  EXPECT_THAT(find_reading(alone, "attention_logits").values,
              ::testing::ElementsAre(IsNear(std::sqrt(2), kRounding)));
}

}  // namespace
}  // namespace shatterproof::attention_logits_test
