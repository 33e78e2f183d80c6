// SPDX-License-Identifier: Apache-2.0
#include "shatterproof/network/layer.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include "shatterproof/network/builder.h"

namespace shatterproof::layer_test {
namespace {

TEST(Layer, OfATransposedConvolutionCountsChannelsOfItsGroup) {
  NetworkBuilder b("net");
  const std::string x = b.input("x", {4, 5}), w = b.parameter("up.weight", at::zeros({4, 3, 2}), true);
  const std::string bias = b.parameter("up.bias", at::zeros({6}), true);
  b.output(b.node("Relu", "y", {b.node("ConvTranspose", "up", {x, w, bias}, {{"group", int64_t{2}}})}));
  const Structure found = structure(b.build());
  ASSERT_EQ(found.layers.size(), 1);
  EXPECT_EQ(found.layers[0].kind, LayerKind::convolution);
  EXPECT_EQ(found.layers[0].name, "up");
  EXPECT_EQ(found.layers[0].bias, "up.bias");
  EXPECT_EQ(found.layers[0].fan_in, 4);
  EXPECT_EQ(found.layers[0].fan_out, 6);
  EXPECT_TRUE(found.layers[0].input_major);
  EXPECT_EQ(found.layers[0].nonlinearity, 1);
}

// Whose neighbours are whose is no layer, and nothing that ends one.
TEST(Layer, AGraphsMatrixAveragesAndIsNone) {
  const at::Tensor links = at::tensor({1.F, 1.F, 0.F, 1.F, 1.F, 1.F, 0.F, 1.F, 1.F}).view({3, 3});
  const at::Tensor roots = links.sum(1, true).sqrt(),
                   scattered = at::arange(9, at::kFloat).sin().view({3, 3});
  const auto layers = [](const at::Tensor& matrix) {
    NetworkBuilder b("graph");
    const std::string x = b.linear_per_token(b.input("x", {3, 5}), "a", 5, 4);
    const std::string mixed = b.node("MatMul", "mixed", {b.parameter("A", matrix, true), x});
    b.output(b.linear_per_token(b.node("Relu", "relu", {mixed}), "b", 4, 2));
    return structure(b.build()).layers;
  };
  for (const at::Tensor& matrix : {links / roots / roots.t(), links / links.sum(1, true), links}) {
    const std::vector<Layer> found = layers(matrix);
    ASSERT_EQ(found.size(), 2);
    EXPECT_TRUE(found[0].nonlinearity);
    EXPECT_EQ(found[1].input_nonlinearity, found[0].nonlinearity);
  }
  for (const at::Tensor& learned : {scattered, at::eye(3), at::full({3, 3}, 1.F / 3)})
    EXPECT_EQ(layers(learned).size(), 3) << "a token mixer may begin so";
}

TEST(Layer, OfARecurrentNodeIsTwoWithoutBias) {
  NetworkBuilder b("net");
  const std::string x = b.input("x", {2, 3}), w = b.parameter("w", at::zeros({1, 16, 3}), true);
  const std::string r = b.parameter("r", at::zeros({1, 16, 4}), true);
  b.output(b.node("Relu", "y", {b.node("LSTM", "lstm", {x, w, r}, {{"layout", int64_t{1}}})}));
  const Structure found = structure(b.build());
  ASSERT_EQ(found.layers.size(), 2);
  for (const Layer& layer : found.layers) {
    EXPECT_EQ(layer.kind, LayerKind::recurrent);
    EXPECT_EQ(layer.fan_out, 16);
    EXPECT_EQ(layer.bias, "");
    EXPECT_FALSE(layer.nonlinearity);
  }
  EXPECT_EQ(found.layers[0].fan_in, 3);
  EXPECT_EQ(found.layers[1].fan_in, 4);
}

TEST(Layer, OfAnEinsumIsAMatrixThatItSumsOver) {
  const auto layers = [](const char* equation, at::IntArrayRef sizes) {
    NetworkBuilder b("net");
    const std::string x = b.input("x", {5, 3}), w = b.parameter("w", at::zeros(sizes), true);
    b.output(b.node("Einsum", "y", {x, w}, {{"equation", equation}}));
    return structure(b.build()).layers;
  };
  const auto input_major = layers("bij,jk->bik", {3, 4}), output_major = layers("bij, kj -> bik", {4, 3});
  ASSERT_EQ(input_major.size(), 1);
  ASSERT_EQ(output_major.size(), 1);
  EXPECT_TRUE(input_major[0].input_major);
  EXPECT_FALSE(output_major[0].input_major);
  for (const Layer& layer : {input_major[0], output_major[0]}) {
    EXPECT_EQ(layer.fan_in, 3);
    EXPECT_EQ(layer.fan_out, 4);
  }
  EXPECT_TRUE(layers("bij,ij->bij", {5, 3}).empty());  // a product of numbers with numbers
  EXPECT_TRUE(layers("bij,ij->b", {5, 3}).empty());    // a sum over all of it
}

}  // namespace
}  // namespace shatterproof::layer_test
