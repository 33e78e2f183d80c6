// SPDX-License-Identifier: Apache-2.0
#include <ATen/ATen.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "shatterproof/architecture/catalog.h"
#include "shatterproof/initializer/catalog.h"
#include "shatterproof/initializer/gaussian.h"
#include "shatterproof/network/builder.h"

namespace shatterproof::initialize_test {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

// One linear map 3 -> 5 with the weight stored as said.
Network one_layer(const std::string& op, int64_t trans_b) {
  NetworkBuilder builder("one");
  const std::string x = builder.input("x", {3});
  const bool input_major = op == "MatMul" || trans_b == 0;
  const at::Tensor zeros = input_major ? at::zeros({3, 5}) : at::zeros({5, 3});
  std::map<std::string, Attribute> attributes;
  if (op == "Gemm") attributes["transB"] = trans_b;
  builder.output(builder.node(op, "y", {x, builder.parameter("w", zeros, true)}, attributes));
  return builder.build();
}

TEST(Initialize, TheStoredLayoutDoesNotChangeTheFunction) {
  for (const char* scheme : {"he", "glorot", "orthogonal"}) {
    const at::Tensor output_major =
        initialize(one_layer("Gemm", 1), scheme, 4).network.find_parameter("w")->value;
    for (const Network& network : {one_layer("Gemm", 0), one_layer("MatMul", 0)}) {
      const at::Tensor stored = initialize(network, scheme, 4).network.find_parameter("w")->value;
      EXPECT_TRUE(stored.is_contiguous());
      EXPECT_TRUE(at::equal(stored.t(), output_major)) << scheme;
    }
  }
}

TEST(Initialize, DrawsATransposedConvolutionAsTheConvolutionWithItsFan) {
  // Two groups of 2 channels in and 3 out, kernel 2: stored [4, 3, 2] where a convolution has [6, 2, 2].
  const auto drawn = [](const char* op, at::IntArrayRef sizes) {
    NetworkBuilder builder("one");
    const std::string x = builder.input("x", {4, 5}), w = builder.parameter("w", at::zeros(sizes), true);
    builder.output(builder.node(op, "y", {x, w}, {{"group", int64_t{2}}}));
    return initialize(builder.build(), "he", 4).network.find_parameter("w")->value;
  };
  const at::Tensor stored = drawn("ConvTranspose", {4, 3, 2}), expected = drawn("Conv", {6, 2, 2});
  for (int64_t group = 0; group < 2; ++group) {
    EXPECT_TRUE(at::equal(stored.narrow(0, 2 * group, 2).transpose(0, 1), expected.narrow(0, 3 * group, 3)));
  }
}

TEST(Initialize, LeavesTheOldNetworkAlone) {
  const Network network = build_family("feedforward:width=4,depth=2");
  const Network drawn = initialize(network, "he", 1).network;
  EXPECT_EQ(network.find_parameter("layer_2.weight")->value.count_nonzero().item<int64_t>(), 0);
  EXPECT_EQ(drawn.find_parameter("layer_2.weight")->value.count_nonzero().item<int64_t>(), 16);
}

TEST(Initialize, WhatTheFamilyPrescribesIsNotTheScheme) {
  const Network network =
      build_family("feedforward:width=1000,depth=1,embedding=ones,bias_std=.25,readout=sum");
  const Network drawn = initialize(network, "zeros", 1).network;
  EXPECT_TRUE(drawn.find_parameter("embedding.weight")->value.eq(1).all().item<bool>());
  EXPECT_TRUE(drawn.find_parameter("readout.weight")->value.eq(1).all().item<bool>());
  constexpr double kFourSigmas = 4 * .25 / 44.7;  // of a standard deviation from 1,000 normals
  EXPECT_NEAR(drawn.find_parameter("embedding.bias")->value.std().item<double>(), .25, kFourSigmas);
}

TEST(Initialize, NormalizationsBecomeNeutralAndSlopesStay) {
  NetworkBuilder builder("norms");
  builder.trainable_norms = true;
  std::string x = builder.linear(builder.input("x", {4}), {"a", 4, 4, true, "", ""});
  x = builder.normalization(x, "bn", "batch", 4);
  x = builder.activation(x, "prelu", "prelu");
  x = builder.normalization(builder.linear(x, {"b", 4, 4, true, "", ""}), "ln", "layer", 4);
  builder.output(x);
  Network network = builder.build();
  const std::vector<Parameter> before = network.parameters();
  for (const Parameter& parameter : before) {
    network.set_parameter(parameter.name, at::full_like(parameter.value, 7));
  }
  const Initialization drawn = initialize(network, "he", 1);
  const auto all_are = [&](const char* name, double value) {
    return drawn.network.find_parameter(name)->value.eq(value).all().item<bool>();
  };
  for (const char* one : {"bn.weight", "bn.running_var", "ln.weight"}) EXPECT_TRUE(all_are(one, 1)) << one;
  for (const char* zero : {"bn.bias", "bn.running_mean", "ln.bias", "a.bias", "b.bias"}) {
    EXPECT_TRUE(all_are(zero, 0)) << zero;
  }
  EXPECT_TRUE(all_are("prelu.slope", 7));
  EXPECT_THAT(drawn.notes, ElementsAre("kept as stored, belonging to no layer: prelu.slope"));
}

TEST(Initialize, GainsAndShiftsWrittenAsNodesBecomeNeutralToo) {
  NetworkBuilder builder("written_out");
  const auto parameter = [&](const char* name) { return builder.parameter(name, at::full({4}, 7.0), true); };
  const std::string x = builder.linear(builder.input("x", {4}), {"a", 4, 4, false, "", ""});
  const std::string normalized = builder.normalization(x, "bn", "batch", 4);
  const std::string scaled = builder.node("Mul", "scaled", {parameter("gain"), normalized});
  const std::string shifted = builder.add(scaled, parameter("shift"), "shifted");
  const std::string deviation = builder.node("Sqrt", "deviation", {builder.node("Abs", "abs", {shifted})});
  const std::string divided = builder.node("Div", "divided", {shifted, deviation});
  const std::string again = builder.node("Mul", "again", {divided, parameter("second_gain")});
  const std::string placed = builder.add(again, parameter("second_shift"), "placed");
  const std::string kept = builder.node("Mul", "kept", {placed, parameter("layer_scale")});
  builder.output(builder.add(kept, parameter("positions"), "sum"));
  const Initialization drawn = initialize(builder.build(), "he", 1);
  for (const auto& [name, value] : std::vector<std::pair<std::string, double>>{
           {"gain", 1}, {"shift", 0}, {"second_gain", 1}, {"second_shift", 0}, {"layer_scale", 7}}) {
    EXPECT_TRUE(drawn.network.find_parameter(name)->value.eq(value).all().item<bool>()) << name;
  }
  EXPECT_THAT(drawn.notes, ElementsAre("kept as stored, belonging to no layer: layer_scale, positions"));
}

TEST(Initialize, SharedWeightsAreDrawnOnce) {
  NetworkBuilder builder("shared");
  const std::string w = builder.parameter("w", at::zeros({3, 3}), true);
  std::string x = builder.node("MatMul", "first", {builder.input("x", {3}), w});
  x = builder.activation(x, "relu", "relu");
  builder.output(builder.node("Gemm", "second", {x, w}, {{"transB", int64_t{1}}}));
  const Network drawn = initialize(builder.build(), "lecun", 4).network;
  // As the first of its layers says: stored as [fan_in, fan_out].
  const at::Tensor expected = gaussian_weight({3, 3}, std::sqrt(1.0 / 3), RandomStream(4, "w"));
  EXPECT_TRUE(at::equal(drawn.find_parameter("w")->value.t(), expected));
}

TEST(Initialize, EmbeddingTablesAreStandardNormalAndSaid) {
  NetworkBuilder builder("tokens");
  const std::string ids = builder.input("ids", {6}, at::kLong);
  const std::string table = builder.parameter("tokens.weight", at::zeros({500, 8}), true);
  const std::string x = builder.node("Gather", "embedded", {table, ids});
  const std::string w = builder.parameter("dense.weight", at::zeros({8, 8}), true);
  const std::string positions = builder.parameter("positions", at::ones({6, 8}), true);
  builder.output(builder.node("MatMul", "dense", {builder.add(x, positions, "placed"), w}));
  const Initialization drawn = initialize(builder.build(), "he", 4);
  constexpr double kFourSigmas = 4 * .0112;  // of a standard deviation from 4,000 normals
  EXPECT_NEAR(drawn.network.find_parameter("tokens.weight")->value.std().item<double>(), 1, kFourSigmas);
  EXPECT_TRUE(drawn.network.find_parameter("positions")->value.eq(1).all().item<bool>());
  EXPECT_THAT(drawn.notes, ElementsAre("embedding tables drawn N(0, 1): tokens.weight",
                                       "kept as stored, belonging to no layer: positions"));
}

TEST(Initialize, ConstantsAreKept) {
  NetworkBuilder builder("fixed");
  const std::string w = builder.parameter("w", at::ones({3, 3}), false);
  builder.output(builder.node("MatMul", "y", {builder.input("x", {3}), w}));
  const Initialization drawn = initialize(builder.build(), "he", 1);
  EXPECT_TRUE(drawn.network.find_parameter("w")->value.eq(1).all().item<bool>());
  EXPECT_THAT(drawn.notes, IsEmpty());
}

TEST(Initialize, WeightsKeepTheirDtype) {
  NetworkBuilder builder("half");
  const std::string w = builder.parameter("w", at::zeros({3, 3}, at::kHalf), true);
  builder.output(builder.node("MatMul", "y", {builder.input("x", {3}, at::kHalf), w}));
  const Network drawn = initialize(builder.build(), "he", 1).network;
  const at::Tensor half = drawn.find_parameter("w")->value;
  EXPECT_EQ(half.scalar_type(), at::kHalf);
  EXPECT_EQ(half.count_nonzero().item<int64_t>(), 9);
}

}  // namespace
}  // namespace shatterproof::initialize_test
