// SPDX-License-Identifier: Apache-2.0
#include "shatterproof/initializer/orthogonal.h"

#include <ATen/ATen.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "shatterproof/architecture/catalog.h"
#include "shatterproof/initializer/catalog.h"
#include "shatterproof/network/builder.h"

namespace shatterproof::orthogonal_test {
namespace {

using ::testing::ElementsAre;

constexpr double kFloatRounding = 1e-6;  // of dot products of float32 unit vectors

WeightShape dense(int64_t fan_out, int64_t fan_in) {
  return {"weight", {fan_out, fan_in}, 1, 1, fan_in, fan_out, false};
}

void expect_identity(const at::Tensor& gram, double scale) {
  const at::Tensor identity = at::eye(gram.size(-1), at::kDouble).expand_as(gram) * scale;
  EXPECT_LE((gram - identity).abs().max().item<double>(), kFloatRounding * scale);
}

TEST(Orthogonal, SquareWeightsAreOrthogonal) {
  for (const int64_t n : {1, 2, 17, 200}) {
    const at::Tensor q = orthogonal_weight(dense(n, n), 1, RandomStream(1, "q")).to(at::kDouble);
    expect_identity(q.mm(q.t()), 1);
    expect_identity(q.t().mm(q), 1);
  }
}

TEST(Orthogonal, WideWeightsHaveOrthonormalRowsAndTallOnesColumns) {
  const at::Tensor wide = orthogonal_weight(dense(8, 30), 1, RandomStream(1, "q")).to(at::kDouble);
  expect_identity(wide.mm(wide.t()), 1);
  const at::Tensor tall = orthogonal_weight(dense(30, 8), 1, RandomStream(1, "q")).to(at::kDouble);
  expect_identity(tall.t().mm(tall), 1);
}

TEST(Orthogonal, GainScalesAllSingularValues) {
  const at::Tensor q = orthogonal_weight(dense(20, 20), 1.5, RandomStream(1, "q")).to(at::kDouble);
  expect_identity(q.mm(q.t()), 2.25);
}

TEST(Orthogonal, EveryMatrixOfABatchIsItsOwn) {
  const WeightShape shape{"weight", {3, 6, 6}, 3, 1, 6, 6, false};
  const at::Tensor q = orthogonal_weight(shape, 1, RandomStream(1, "q")).to(at::kDouble);
  expect_identity(q.bmm(q.transpose(1, 2)), 1);
  EXPECT_GT((q[0] - q[1]).abs().max().item<double>(), .1);
}

TEST(Orthogonal, IsHaarDistributed) {
  // Without the signs of R's diagonal the first entries would all have one sign. Under Haar measure every
  // entry has mean 0, variance 1/n and fourth moment 3/(n (n + 2)).
  constexpr int64_t kSize = 4, kDraws = 4000;
  at::Tensor sum = at::zeros({kSize, kSize}, at::kDouble), square = sum.clone();
  int64_t positive_determinants = 0;
  for (int64_t draw = 0; draw < kDraws; ++draw) {
    const RandomStream stream(static_cast<uint64_t>(draw), "q");
    const at::Tensor q = orthogonal_weight(dense(kSize, kSize), 1, stream).to(at::kDouble);
    sum += q;
    square += q.square();
    positive_determinants += at::linalg_det(q).item<double>() > 0 ? 1 : 0;
  }
  constexpr double kSigmas = 4.5;  // the worst of 33 numbers
  const double n = kSize, root = std::sqrt(static_cast<double>(kDraws));
  EXPECT_LE((sum / kDraws).abs().max().item<double>(), kSigmas * std::sqrt(1 / n) / root);
  const double deviation = std::sqrt(3 / (n * (n + 2)) - 1 / (n * n));
  EXPECT_LE((square / kDraws - 1 / n).abs().max().item<double>(), kSigmas * deviation / root);
  EXPECT_NEAR(static_cast<double>(positive_determinants) / kDraws, .5, kSigmas * .5 / root);
}

// Mean square of the singular values of a weight with orthonormal rows or columns.
double square_gain(const Network& network, const std::string& weight) {
  const at::Tensor w = network.find_parameter(weight)->value.to(at::kDouble);
  return w.square().sum().item<double>() / static_cast<double>(std::min(w.size(0), w.size(1)));
}

TEST(Orthogonal, GainIsRootTwoWhereTheLayerMeetsARectifier) {
  for (const char* spec :
       {"residual:input=16,width=16,depth=2,norm=batch", "feedforward:input=16,width=16,depth=2",
        "highway:input=16,width=16,depth=2,activation=leaky_relu",
        "residual:input=16,width=16,depth=2,crelu=true",
        "feedforward:input=16,width=16,depth=2,activation=prelu"}) {
    const Network network = initialize(build_family(spec), "orthogonal", 1).network;
    EXPECT_NEAR(square_gain(network, "layer_1.weight"), 2, kFloatRounding) << spec;
    EXPECT_NEAR(square_gain(network, "layer_2.weight"), 2, kFloatRounding) << spec;
  }
  const Network tanh =
      initialize(build_family("residual:input=16,width=16,depth=2,activation=tanh"), "orthogonal", 1).network;
  EXPECT_NEAR(square_gain(tanh, "layer_1.weight"), 1, kFloatRounding);
  const Network chosen =
      initialize(build_family("residual:input=16,width=16,depth=2"), "orthogonal:gain=3", 1).network;
  EXPECT_NEAR(square_gain(chosen, "layer_1.weight"), 9, 9 * kFloatRounding);
}

TEST(Orthogonal, WhatCannotBeOrthogonalIsSaid) {
  NetworkBuilder builder("both");
  const std::string c =
      builder.convolution(builder.input("x", {4, 5, 5}), {"conv", 4, 6, 3, 1, 1, false, ""});
  const std::string flat = builder.node("Flatten", "flat", {builder.activation(c, "relu", "relu")});
  builder.output(builder.linear(flat, {"dense", 150, 10, false, "", ""}));
  const Initialization drawn = initialize(builder.build(), "orthogonal", 1);
  EXPECT_THAT(drawn.notes,
              ElementsAre("convolutions with orthonormal filters, which are not orthogonal maps: conv",
                          "rectangular, so only rows or only columns are orthonormal: dense"));
  const at::Tensor filters =
      drawn.network.find_parameter("conv.weight")->value.to(at::kDouble).reshape({6, 36});
  expect_identity(filters.mm(filters.t()), 2);
  EXPECT_TRUE(initialize(build_family("feedforward:input=6,width=6,depth=9"), "orthogonal", 1).notes.empty());
}

Initialization grouped(int64_t channels_in, int64_t channels_out, int64_t kernel, int64_t groups) {
  Network network("grouped");
  network.add_input({"x", {-1, channels_in, 5, 5}});
  network.add_parameter(
      {"conv.weight", at::zeros({channels_out, channels_in / groups, kernel, kernel}), true});
  Node node;
  node.op = "Conv";
  node.name = "conv";
  node.inputs = {"x", "conv.weight"};
  node.outputs = {"y"};
  node.attributes = {{"group", groups}, {"pads", std::vector<int64_t>(4, kernel / 2)}};
  network.add_node(node);
  network.add_output("y");
  return initialize(network, "orthogonal:gain=1", 1);
}

TEST(Orthogonal, EveryGroupOfAConvolutionHasOrthonormalFiltersOfItsOwn) {
  const std::pair<int64_t, int64_t> cases[] = {{12, 12}, {12, 3}};  // depthwise; groups of four channels
  for (const auto& [channels, groups] : cases) {
    const Initialization drawn = grouped(channels, channels, 3, groups);
    const at::Tensor weight = drawn.network.find_parameter("conv.weight")->value.to(at::kDouble);
    const at::Tensor filters = weight.reshape({groups, channels / groups, -1});
    expect_identity(filters.bmm(filters.transpose(1, 2)), 1);
    EXPECT_THAT(drawn.notes,
                ElementsAre("convolutions with orthonormal filters, which are not orthogonal maps: conv"));
  }
}

TEST(Orthogonal, ASquarePointwiseConvolutionIsAnOrthogonalMap) {
  for (const int64_t groups : {1, 3}) EXPECT_THAT(grouped(12, 12, 1, groups).notes, ElementsAre());
  EXPECT_THAT(grouped(12, 24, 1, 1).notes,
              ElementsAre("rectangular, so only rows or only columns are orthonormal: conv"));
}

TEST(Orthogonal, MoreFiltersThanNumbersInOneCannotBeOrthonormal) {
  const Initialization drawn = grouped(2, 24, 3, 1);
  const at::Tensor weight = drawn.network.find_parameter("conv.weight")->value.to(at::kDouble);
  const at::Tensor filters = weight.reshape({24, 18});
  expect_identity(filters.t().mm(filters), 1);
  EXPECT_THAT(drawn.notes, ElementsAre("convolutions with more filters than a filter has numbers, so only "
                                       "columns are orthonormal: conv"));
}

}  // namespace
}  // namespace shatterproof::orthogonal_test
