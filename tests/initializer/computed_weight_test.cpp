// SPDX-License-Identifier: Apache-2.0
#include <ATen/ATen.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "shatterproof/initializer/catalog.h"
#include "shatterproof/network/builder.h"
#include "shatterproof/network/layer.h"

namespace shatterproof::computed_weight_test {
namespace {

constexpr int64_t kIn = 6, kOut = 4;
constexpr double kOfSinglePrecision = 1e-5;

// x W^T of a weight that nodes make, and what `scheme` drew in its place for a weight of the same name.
struct Drawn {
  at::Tensor effective, wanted;
  Initialization initialization;
};

template <typename Weight>
Drawn drawn(const Weight& weight) {
  NetworkBuilder b("net");
  const std::string x = b.input("x", {-1, kIn});
  b.output(b.node("Gemm", "y", {x, weight(b)}, {{"transB", int64_t{1}}}));
  const Network network = b.build();
  NetworkBuilder plain("plain");
  const std::string z = plain.input("x", {-1, kIn});
  const std::string w = plain.parameter("w", at::zeros({kOut, kIn}), true);
  plain.output(plain.node("Gemm", "y", {z, w}, {{"transB", int64_t{1}}}));
  Drawn found{{}, {}, initialize(network, "he", 1)};
  found.wanted = initialize(plain.build(), "he", 1).network.find_parameter("w")->value;
  const Structure view = structure(found.initialization.network);
  EXPECT_EQ(view.layers.size(), 1U);
  found.effective = effective_weight(found.initialization.network, view.layers.at(0));
  return found;
}

at::Tensor some(at::IntArrayRef sizes) {
  return at::arange(1, c10::multiply_integers(sizes) + 1, at::kFloat).sin().reshape(sizes);
}

TEST(ComputedWeight, OfWeightNormalizationHasTheLawOfItsScheme) {
  const Drawn found = drawn([](NetworkBuilder& b) {
    const std::string v = b.parameter("w", some({kOut, kIn}), true);
    const std::string g = b.parameter("g", some({kOut, 1}), true);
    const std::string length = b.node("ReduceL2", "length", {v}, {{"axes", std::vector<int64_t>{1}}});
    return b.node("Mul", "weight", {v, b.node("Div", "ratio", {g, length})});
  });
  EXPECT_TRUE(at::allclose(found.effective, found.wanted, kOfSinglePrecision, kOfSinglePrecision));
  EXPECT_TRUE(found.initialization.notes.empty());
}

TEST(ComputedWeight, OfABaseAndAProductHasTheLawOfItsScheme) {
  const Drawn found = drawn([](NetworkBuilder& b) {
    const std::string base = b.parameter("w", some({kOut, kIn}), true);
    const std::string up = b.parameter("up", some({kOut, 2}), true),
                      down = b.parameter("down", some({2, kIn}), true);
    return b.node("Add", "weight", {base, b.node("MatMul", "product", {up, down})});
  });
  EXPECT_TRUE(at::allclose(found.effective, found.wanted, kOfSinglePrecision, kOfSinglePrecision));
}

TEST(ComputedWeight, OfSpectralNormalizationHasLargestSingularValueOne) {
  const Drawn found = drawn([](NetworkBuilder& b) {
    const std::string w = b.parameter("w", some({kOut, kIn}), true);
    const std::string u = b.parameter("u", some({kOut}), false), v = b.parameter("v", some({kIn}), false);
    const std::string sigma = b.node("MatMul", "sigma", {u, b.node("MatMul", "w_v", {w, v})});
    return b.node("Div", "weight", {w, sigma});
  });
  const double largest = at::linalg_svdvals(found.effective).max().item<double>();
  EXPECT_NEAR(largest, 1, kOfSinglePrecision);
  const double size = at::linalg_svdvals(found.wanted).max().item<double>();
  EXPECT_TRUE(at::allclose(found.effective.abs(), (found.wanted / size).abs(), kOfSinglePrecision,
                           kOfSinglePrecision));
  EXPECT_THAT(found.initialization.notes, testing::Contains(testing::HasSubstr("largest singular value")));
}

TEST(ComputedWeight, OfAProductSaysThatItWasNotDrawn) {
  const Drawn found = drawn([](NetworkBuilder& b) {
    const std::string up = b.parameter("up", some({kOut, 5}), true),
                      down = b.parameter("down", some({5, kIn}), true);
    return b.node("MatMul", "product", {up, down});
  });
  EXPECT_THAT(found.initialization.notes, testing::Contains(testing::HasSubstr("product of parameters")));
}

TEST(ComputedWeight, ThatIsTransposedIsOneParameterInItsOwnLayout) {
  const Drawn found = drawn([](NetworkBuilder& b) {
    return b.node("Transpose", "weight", {b.parameter("w", some({kIn, kOut}), true)},
                  {{"perm", std::vector<int64_t>{1, 0}}});
  });
  const Structure view = structure(found.initialization.network);
  EXPECT_EQ(view.layers[0].weight, "w");
  EXPECT_TRUE(view.layers[0].input_major);
  EXPECT_TRUE(at::equal(found.effective, found.wanted.transpose(0, 1)));
}

}  // namespace
}  // namespace shatterproof::computed_weight_test
