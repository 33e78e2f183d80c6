// SPDX-License-Identifier: Apache-2.0
#include "shatterproof/measure/residual_stream.h"

#include <cmath>
#include <functional>

#include "shatterproof/architecture/catalog.h"
#include "shatterproof/experiment/measure.h"
#include "shatterproof/initializer/catalog.h"
#include "tests/matchers.h"
#include "tests/support/fake_taps.h"

namespace shatterproof::residual_stream_test {
namespace {

constexpr double kRounding = 1e-12;

TEST(ResidualStream, OfTwoSumsByHand) {
  // Squares 4, then 4 + 4 = 8, then 8 + 8 = 16 with branches orthogonal to skips.
  const at::Tensor a = at::tensor({2.0, 0.0, 0.0}).unsqueeze(0), b = at::tensor({0.0, 2.0, 0.0}).unsqueeze(0),
                   c = at::tensor({0.0, 0.0, std::sqrt(8.0)}).unsqueeze(0);
  FakeTaps taps;
  taps.add_sum("sum_1", 1, a, b, a);
  taps.add_sum("sum_2", 2, a + b, c, a);
  const std::vector<Reading> readings = taps.measured_by(residual_stream_record());
  EXPECT_THAT(find_reading(readings, "residual_stream").values,
              ::testing::ElementsAre(IsNear(std::sqrt(2), kRounding), IsNear(2, kRounding)));
  EXPECT_THAT(find_reading(readings, "residual_update").values,
              ::testing::Each(IsNear(std::sqrt(.5), kRounding)));
  EXPECT_THAT(find_reading(readings, "residual_blocks", ReadingType::scalar).value(), IsNear(2, kRounding));
  EXPECT_EQ(find_reading(readings, "residual_identities", ReadingType::scalar).value(), 0);
  EXPECT_THAT(residual_update(a, b).value(), IsNear(std::sqrt(.5), kRounding));
}

TEST(ResidualStream, CountsABlockThatDoesNothing) {
  const at::Tensor x = gaussian_tensor("x", {4, 3});
  FakeTaps taps;
  taps.add_sum("sum_1", 1, x, 0.05 * x, x);
  taps.add_sum("sum_2", 2, x, x, x);
  const std::vector<Reading> readings = taps.measured_by(residual_stream_record(), {}, 3);
  EXPECT_EQ(find_reading(readings, "residual_identities", ReadingType::scalar).value(), .5);
  const double small = std::pow(.05 / 1.05, 2), large = .25;
  EXPECT_THAT(find_reading(readings, "residual_blocks", ReadingType::scalar).value(),
              IsNear(std::pow(small + large, 2) / (small * small + large * large), kRounding));
}

TEST(ResidualStream, LeavesOutSumsInsideABranchUnlessTheyAreNamed) {
  const at::Tensor x = gaussian_tensor("x", {4, 3});
  FakeTaps taps;
  taps.add_sum("inner", 1, x, x, x);
  taps.places[0].tap.bypassed = true;
  EXPECT_THAT(taps.measured_by(residual_stream_record())[0].undefined,
              ::testing::HasSubstr("no residual sum"));
  EXPECT_THAT(taps.measured_by(residual_stream_record(), {.tap = "inner", .spec = {}})[0].values,
              ::testing::ElementsAre(IsNear(2, kRounding)));
}

TEST(ResidualStream, SaysWhyItIsUndefined) {
  const at::Tensor x = gaussian_tensor("x", {4, 3});
  FakeTaps taps;
  taps.add_sum("sum", 1, 0 * x, x, x);
  EXPECT_THAT(taps.measured_by(residual_stream_record())[0].undefined,
              ::testing::HasSubstr("begins at zero"));
  FakeTaps idle;
  idle.add_sum("sum", 1, x, 0 * x, x);
  EXPECT_THAT(idle.measured_by(residual_stream_record())[2].undefined, ::testing::HasSubstr("identity"));
}

// Perceptron branches alone: attention's linear maps behind the softmax are zero. With He weights and
// rectifiers a branch has the mean square 2 on normalized tokens.
std::vector<double> sizes_of(const std::string& family, const std::function<double(int64_t block)>& gain) {
  Network network =
      initialize(build_family(family + ",width=256,tokens=4,activation=relu,depth=16"), "he", 1).network;
  for (int64_t l = 1; l <= 16; ++l) {
    const std::string block = "block_" + std::to_string(l);
    const std::string out = block + ".attention.output.weight", norm = block + ".mlp.layer_norm.weight";
    network.set_parameter(out, at::zeros_like(network.find_parameter(out)->value));
    if (gain) network.set_parameter(norm, at::full_like(network.find_parameter(norm)->value, gain(l)));
  }
  Batch batch;
  batch.inputs = {gaussian_tensor("x", {16, 4, 256}).to(at::kFloat)};
  return measure(network, batch, {"residual_stream"}, {}).readings[0].values;
}

constexpr double kOneDraw = 0.08;  // of width 256, over 16 blocks

TEST(ResidualStream, OfPreNormGrowsLinearlyInSquares) {
  const std::vector<double> sizes = sizes_of("transformer_pre_norm:norm=layer", {});
  for (int64_t l = 1; l <= 16; ++l)
    EXPECT_THAT(sizes[static_cast<size_t>(2 * l - 1)],
                IsNear(std::sqrt(1 + 2. * static_cast<double>(l)), kOneDraw));
}

TEST(ResidualStream, OfPostNormStaysAsItIs) {
  const std::vector<double> sizes = sizes_of("transformer_post_norm:norm=layer", {});
  for (size_t l = 0; l < 16; ++l) {
    EXPECT_THAT(sizes[2 * l], IsNear(1, kOneDraw));
    EXPECT_THAT(sizes[2 * l + 1], IsNear(std::sqrt(3), kOneDraw));
  }
}

// N(alpha x + F(x)) with alpha = (2 L)^(1/4): the norm makes it N(x + F(x) / alpha).
TEST(ResidualStream, OfDeepNormIsMadeByItsBranchesInPart) {
  const std::vector<double> sizes = sizes_of("transformer_post_norm:norm=layer,beta=0.42044820762685725", {});
  const double alpha = std::pow(2. * 16, .25);
  for (size_t l = 0; l < 16; ++l) {
    EXPECT_THAT(sizes[2 * l], IsNear(1, kOneDraw));
    EXPECT_THAT(sizes[2 * l + 1] * alpha, IsNear(std::sqrt(alpha * alpha + 2), kOneDraw));
  }
}

TEST(ResidualStream, OfBranchesDividedByTheRootOfTheirNumberIsBounded) {
  // Of 2 L branches, of which the half speak here: 1 + 2 l / (2 L).
  const std::vector<double> sizes = sizes_of("transformer_pre_norm:beta=0.17677669529663687", {});
  for (const int64_t l : {1, 8, 16})
    EXPECT_THAT(sizes[static_cast<size_t>(2 * l - 1)],
                IsNear(std::sqrt(1 + static_cast<double>(l) / 16), kOneDraw));
}

TEST(ResidualStream, OfNormsScaledByDepthGrowsLikeALogarithm) {
  const std::vector<double> sizes = sizes_of("transformer_pre_norm:norm=layer",
                                             [](int64_t l) { return 1 / std::sqrt(static_cast<double>(l)); });
  double square = 1;
  for (int64_t l = 1; l <= 16; ++l) {
    square += 2 / static_cast<double>(l);
    EXPECT_THAT(sizes[static_cast<size_t>(2 * l - 1)], IsNear(std::sqrt(square), kOneDraw)) << l;
  }
}

}  // namespace
}  // namespace shatterproof::residual_stream_test
