// SPDX-License-Identifier: Apache-2.0
#include <ATen/ATen.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "shatterproof/initializer/looks_linear.h"
#include "shatterproof/initializer/orthogonal.h"
#include "shatterproof/network/builder.h"
#include "tests/initializer/linear_network.h"

namespace shatterproof::looks_linear_convolution_test {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

struct ImageNetwork {
  std::vector<int64_t> channels = {4, 4};  ///< out of each convolution
  int64_t strided = -1;                    ///< which convolution has stride 2
  std::string activation = "relu";
  bool crelu = true;  ///< of the image too, as module order nonlinearity, convolution has it
  std::string head = "flatten";
};

constexpr int64_t kSide = 6, kClasses = 3;

Network image_network(const ImageNetwork& options) {
  NetworkBuilder builder("images");
  std::string x = builder.input("x", {3, kSide, kSide});
  int64_t channels = 3, side = kSide;
  const auto rectified = [&](const std::string& name) {
    x = builder.activation(x, name, options.activation, options.crelu);
    channels *= options.crelu ? 2 : 1;
  };
  if (options.crelu) rectified("image");
  for (size_t i = 0; i < options.channels.size(); ++i) {
    const std::string name = "conv_" + std::to_string(i + 1);
    const bool strided = static_cast<int64_t>(i) == options.strided;
    x = builder.convolution(x, {name, channels, options.channels[i], 3, strided ? 2 : 1, 1, true, ""});
    side = strided ? (side + 1) / 2 : side;
    channels = options.channels[i];
    rectified(name + ".rho");
  }
  if (options.head == "flatten") {
    x = builder.node("Flatten", "flat", {x});
    channels *= side * side;
  } else {
    x = builder.node("GlobalAveragePool", "pool", {x});
    const std::string shape = builder.parameter("shape", at::tensor({int64_t{0}, int64_t{-1}}), false);
    x = builder.node("Reshape", "flat", {x, shape});
  }
  builder.output(builder.linear(x, {"classes", channels, kClasses, true, "", ""}));
  return builder.build();
}

TEST(LooksLinearConvolutions, AreLinear) {
  const std::vector<ImageNetwork> networks = {
      {.channels = {4}},
      {.channels = {5, 7, 4, 9}},
      {.channels = std::vector<int64_t>(200, 4)},
      {.channels = {6, 6, 8}, .strided = 1},
      {.channels = {6, 6, 8}, .strided = 0, .head = "pool"},
      {.channels = {4, 6}, .activation = "prelu", .crelu = false},
      {.channels = {4, 6, 4}, .strided = 1, .activation = "relu", .crelu = false},
      {.channels = std::vector<int64_t>(50, 8), .crelu = false, .head = "pool"},
  };
  for (const ImageNetwork& options : networks) {
    SCOPED_TRACE(::testing::PrintToString(options.channels) + options.activation + options.head);
    const Initialization drawn = initialize(image_network(options), "looks_linear", 4);
    EXPECT_THAT(obstacles_of(drawn), IsEmpty());
    for (const at::ScalarType dtype : {at::kFloat, at::kDouble}) {
      EXPECT_LE(nonlinearity_of(drawn.network, dtype), rounding_of(dtype)) << dtype;
    }
    if (options.activation == "relu") {
      EXPECT_GT(nonlinearity_of(initialize(image_network(options), "he", 4).network, at::kDouble), 1e-3);
    }
  }
}

WeightShape square_map(int64_t channels) {
  WeightShape shape;
  shape.sizes = {channels, channels};
  shape.fan_in = shape.fan_out = channels;
  return shape;
}

TEST(LooksLinearConvolutions, MirrorAnOrthogonalMapAtTheCentre) {
  const Network network = initialize(image_network({.channels = {4, 4}}), "looks_linear", 4).network;
  const at::Tensor w = network.find_parameter("conv_2.weight")->value;
  const at::Tensor q = orthogonal_weight(square_map(4), 1, RandomStream(4, "conv_2.weight"));
  EXPECT_TRUE(at::equal(w.select(3, 1).select(2, 1), at::cat({q, -q}, 1)));
  EXPECT_EQ(w.count_nonzero().item<int64_t>(), 2 * 16);
}

TEST(LooksLinearConvolutions, OfStrideTwoAverageTheBlockBeforeTheCentre) {
  const Initialization drawn =
      initialize(image_network({.channels = {4, 4}, .strided = 1}), "looks_linear", 4);
  const at::Tensor w = drawn.network.find_parameter("conv_2.weight")->value;
  const at::Tensor q = orthogonal_weight(square_map(4), .28, RandomStream(4, "conv_2.weight"));
  for (const int64_t row : {0, 1}) {
    for (const int64_t column : {0, 1}) {
      EXPECT_TRUE(at::equal(w.select(3, column).select(2, row), at::cat({q, -q}, 1)));
    }
  }
  EXPECT_EQ(w.count_nonzero().item<int64_t>(), 4 * 2 * 16);
  EXPECT_THAT(
      drawn.notes,
      ElementsAre("strided convolutions, which average blocks of positions: no orthogonal map: conv_2",
                  "rectangular, so only rows or only columns are orthonormal: classes"));
}

TEST(LooksLinearConvolutions, PreserveNorms) {
  NetworkBuilder builder("convolutions");
  std::string x = builder.input("x", {3, 7, 5});
  int64_t channels = 3, layer = 0;
  for (const int64_t more : {3, 5, 5, 8}) {
    const std::string name = "conv_" + std::to_string(++layer);
    x = builder.activation(x, name + ".rho", "relu", true);
    x = builder.convolution(x, {name, 2 * channels, more, 3, 1, 1, false, ""});
    channels = more;
  }
  builder.output(x);
  const Network network = initialize(builder.build(), "looks_linear", 4).network;
  const at::Tensor x0 = gaussian_batch(network.inputs(), 4, 1).inputs[0].to(at::kDouble);
  const at::Tensor ratio = output_of(network, x0).flatten(1).norm(2, 1) / x0.flatten(1).norm(2, 1);
  constexpr double kFloat32Weights = 1e-6;
  EXPECT_LE((ratio - 1).abs().max().item<double>(), kFloat32Weights);
}

TEST(LooksLinearConvolutions, SayWhatTheyCannotUndo) {
  NetworkBuilder builder("pooled");
  std::string x = builder.activation(builder.input("x", {3, 6, 6}), "image", "relu", true);
  x = builder.convolution(x, {"stem", 6, 4, 3, 1, 1, false, ""});
  x = builder.activation(x, "stem.rho", "relu", true);
  x = builder.node("MaxPool", "pool", {x},
                   {{"kernel_shape", std::vector<int64_t>{2, 2}}, {"strides", std::vector<int64_t>{2, 2}}});
  const std::string grouped = builder.parameter("grouped.weight", at::zeros({8, 4, 1, 1}), true);
  x = builder.activation(x, "rho", "relu", true);
  const std::string wide = builder.parameter("wide.weight", at::zeros({8, 8, 1, 1}), true);
  x = builder.node("Conv", "wide", {x, wide}, {{"group", int64_t{2}}});
  x = builder.node("Conv", "grouped", {x, grouped}, {{"group", int64_t{2}}});
  builder.output(builder.linear(builder.node("Flatten", "flat", {x}), {"classes", 72, 2, false, "", ""}));
  EXPECT_THAT(obstacles_of(initialize(builder.build(), "looks_linear", 1)),
              ElementsAre("not linear, taking maxima at: pool",
                          "not linear, reading (rho(z), rho(-z)) by groups of channels at: wide"));
}

}  // namespace
}  // namespace shatterproof::looks_linear_convolution_test
