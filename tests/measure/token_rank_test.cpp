// SPDX-License-Identifier: Apache-2.0
#include "shatterproof/measure/token_rank.h"

#include <cmath>

#include "shatterproof/architecture/catalog.h"
#include "shatterproof/experiment/measure.h"
#include "shatterproof/initializer/catalog.h"
#include "tests/matchers.h"
#include "tests/support/fake_taps.h"

namespace shatterproof::token_rank_test {
namespace {

constexpr double kRounding = 1e-12;

std::vector<Reading> read(const std::vector<at::Tensor>& states, int64_t mini_batch = 0) {
  FakeTaps taps;
  int depth = 0;
  for (const at::Tensor& state : states) {
    taps.add_rectifier("layer_" + std::to_string(depth + 1), depth + 1, state, at::zeros_like(state));
    taps.places.back().output = state;
    ++depth;
  }
  return taps.measured_by(token_rank_record(), {}, mini_batch);
}

TEST(TokenRank, OfIdenticalTokensIsZero) {
  const at::Tensor same = at::tensor({1.0, 2.0, -3.0}).expand({2, 4, 3});
  const std::vector<Reading> readings = read({same});
  EXPECT_THAT(readings[0].values, ::testing::ElementsAre(0));
  EXPECT_THAT(readings[1].values, ::testing::ElementsAre(IsNear(1, kRounding)));
}

TEST(TokenRank, OfOrthogonalTokensIsAllButTheirMean) {
  // Their mean has the square 1/4 of one of them.
  const std::vector<Reading> readings = read({5 * at::eye(4, at::kDouble).expand({3, 4, 4})}, 2);
  EXPECT_THAT(readings[0].values, ::testing::ElementsAre(IsNear(std::sqrt(1 - 1. / 4), kRounding)));
  EXPECT_THAT(readings[1].values, ::testing::ElementsAre(0));
  EXPECT_THAT(token_rank(at::eye(4, at::kDouble).unsqueeze(0)).value(), IsNear(std::sqrt(.75), kRounding));
}

TEST(TokenRank, OfTwoExamplesByHand) {
  // Tokens (3, 0), (0, 4): mean (1.5, 2), residual 2 (2.25 + 4) = 12.5 of 25. Tokens (1, 1), (1, 1): 0 of 4.
  const at::Tensor x = at::tensor({3.0, 0.0, 0.0, 4.0, 1.0, 1.0, 1.0, 1.0}).view({2, 2, 2});
  const std::vector<Reading> readings = read({x});
  EXPECT_THAT(readings[0].values, ::testing::ElementsAre(IsNear(std::sqrt(12.5 / 29), kRounding)));
  EXPECT_THAT(readings[1].values, ::testing::ElementsAre(IsNear(.5, kRounding)));
}

TEST(TokenRank, ReadsStatesWithTheTokensOfTheLast) {
  const at::Tensor patches = gaussian_tensor("patches", {2, 9, 4}), merged = gaussian_tensor("m", {2, 3, 4});
  const std::vector<Reading> readings = read({patches, merged, merged.sum(2), 2 * merged});
  EXPECT_THAT(readings[0].x_labels, ::testing::ElementsAre("layer_2", "layer_4"));
  EXPECT_THAT(readings[0].values[1], IsNear(readings[0].values[0], kRounding));
}

TEST(TokenRank, SaysWhyItIsUndefined) {
  EXPECT_THAT(read({at::ones({2, 3}, at::kDouble)})[0].undefined,
              ::testing::HasSubstr("no state has tokens"));
  EXPECT_THAT(read({at::ones({2, 1, 3}, at::kDouble)})[0].undefined, ::testing::HasSubstr("one token"));
  EXPECT_THAT(read({at::zeros({2, 2, 3}, at::kDouble)})[0].undefined, ::testing::HasSubstr("are zero"));
}

double of_rectifiers(double cosine) {  // E relu relu' / E relu^2
  const double theta = std::acos(cosine);
  return (std::sin(theta) + (M_PI - theta) * cosine) / M_PI;
}

// Attention that looks everywhere alike adds the mean token to every token. With He weights its two linear
// maps make a branch of 4 times the normalized mean token's square, and the perceptron one of 2.
TEST(TokenRank, OfPreNormTransformersFollowsTheRecursionOfUniformAttention) {
  constexpr int64_t kBlocks = 8, kTokens = 16, kWidth = 256;
  Network network =
      initialize(build_family("transformer_pre_norm:depth=8,width=256,tokens=16,activation=relu"), "he", 1)
          .network;
  for (int64_t l = 1; l <= kBlocks; ++l) {
    const std::string query = "block_" + std::to_string(l) + ".attention.query.weight";
    network.set_parameter(query, at::zeros_like(network.find_parameter(query)->value));
  }
  Batch batch;
  batch.inputs = {gaussian_tensor("x", {32, kTokens, kWidth}).to(at::kFloat)};
  const Reading rank = measure(network, batch, {"token_rank"}, {}).readings[0];
  ASSERT_EQ(rank.values.size(), static_cast<size_t>(2 * kBlocks + 1));
  const double n = kTokens;
  double own = 1, shared = 0;  // squares of a token, products of two
  std::vector<double> expected = {1};
  for (int64_t l = 0; l < kBlocks; ++l) {
    const double mean_token = 4 * (1 + (n - 1) * shared / own) / n;
    own += mean_token, shared += mean_token;
    expected.push_back(1 - shared / own);
    const double cosine = shared / own;
    own += 2, shared += 2 * of_rectifiers(cosine);
    expected.push_back(1 - shared / own);
  }
  constexpr double kOneDraw = 0.05;  // of width 256
  for (size_t i = 0; i < expected.size(); ++i)
    EXPECT_THAT(rank.values[i], IsNear(std::sqrt((1 - 1 / n) * expected[i]), kOneDraw)) << rank.x_labels[i];
}

}  // namespace
}  // namespace shatterproof::token_rank_test
