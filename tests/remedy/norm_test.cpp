// SPDX-License-Identifier: Apache-2.0
// Norms put in front of nonlinearities: where, and what is computed then.
#include <gtest/gtest.h>

#include <algorithm>

#include "shatterproof/architecture/catalog.h"
#include "tests/network/written_network.h"
#include "tests/remedy/change.h"

namespace shatterproof::norm_test {
namespace {

Remedy norm(const std::string& kind) {
  return {.kind = Remedy::Kind::add_norm, .scheme = kind};
}

int64_t count(const Network& network, const std::string& op) {
  return std::count_if(network.nodes().begin(), network.nodes().end(),
                       [&](const Node& node) { return node.op == op; });
}

TEST(AddedNorms, NormalizeWhatEntersEveryRectifier) {
  const Network network =
      initialize(build_family("feedforward:depth=2,width=6,input=6,output=2"), "he", 1).network;
  for (const std::string kind : {"batch", "layer"}) {
    SCOPED_TRACE(kind);
    const auto made = changed(network, norm(kind));
    ASSERT_TRUE(made);
    at::Tensor x = made->batch.inputs[0];
    for (const std::string layer : {"layer_1", "layer_2"}) {
      const at::Tensor entering = at::matmul(x, number(network, layer + ".weight").t());
      x = at::relu(kind == "batch" ? batch_normalized(entering) : layer_normalized(entering));
    }
    expect_equal(output_of(made->network, made->batch), at::matmul(x, number(network, "readout.weight").t()));
  }
}

TEST(AddedNorms, AreOverChannelsOfImages) {
  NetworkBuilder builder("image");
  const std::string x = builder.input("x", {2, 4, 4});
  builder.output(builder.activation(
      builder.convolution(x, {.name = "conv", .channels_in = 2, .channels_out = 3}), "relu", "relu"));
  const Network network = initialize(builder.build(), "he", 1).network;
  const auto made = changed(network, norm("batch"));
  ASSERT_TRUE(made);
  const at::Tensor entering = at::conv2d(made->batch.inputs[0], number(network, "conv.weight"), {}, 1, 1);
  expect_equal(output_of(made->network, made->batch), at::relu(batch_normalized(entering)));
  EXPECT_FALSE(changed(network, norm("layer"))) << "the last axis of an image is one of its sides";
}

TEST(AddedNorms, AreOverTheUnitsOfTokens) {
  NetworkBuilder builder("tokens");
  const std::string x = builder.input("x", {3, 4});
  builder.output(builder.activation(builder.linear_per_token(x, "layer", 4, 5), "gelu", "gelu"));
  const Network network = initialize(builder.build(), "he", 1).network;
  const auto made = changed(network, norm("batch"));
  ASSERT_TRUE(made);
  const at::Tensor entering = at::matmul(made->batch.inputs[0], number(network, "layer.weight"));
  expect_equal(output_of(made->network, made->batch), at::gelu(layer_normalized(entering)));
}

// x/2 (1 + erf(x / sqrt 2)), as older exporters write it.
std::string written_gelu(Written& written, const std::string& x) {
  const std::string bent =
      written.add(written.node("Erf", {written.div(x, written.c(std::sqrt(2.)))}), written.c(1));
  return written.mul(written.mul(x, bent), written.c(.5));
}

TEST(AddedNorms, EnterANonlinearityThatIsWrittenOutAtAllItsReaders) {
  Written written;
  const std::string x = written.builder.input("x", {4});
  const std::string entering = written.builder.linear(x, {"layer", 4, 5});
  written.builder.output(written_gelu(written, entering));
  const Network network = initialize(written.builder.build(), "he", 1).network;
  const auto made = changed(network, norm("batch"));
  ASSERT_TRUE(made);
  EXPECT_EQ(count(made->network, "BatchNormalization"), 1);
  const at::Tensor expected =
      batch_normalized(at::matmul(made->batch.inputs[0], number(network, "layer.weight").t()));
  expect_equal(output_of(made->network, made->batch), at::gelu(expected));
}

TEST(AddedNorms, EnterBothHalvesOfACrelu) {
  const Network network =
      initialize(build_family("feedforward:depth=1,width=6,input=6,output=2,crelu=true"), "he", 1).network;
  const auto made = changed(network, norm("batch"));
  ASSERT_TRUE(made);
  EXPECT_EQ(count(made->network, "BatchNormalization"), 1);
  const at::Tensor z =
      batch_normalized(at::matmul(made->batch.inputs[0], number(network, "layer_1.weight").t()));
  const at::Tensor both = at::cat({at::relu(z), at::relu(-z)}, 1);
  expect_equal(output_of(made->network, made->batch),
               at::matmul(both, number(network, "readout.weight").t()));
}

TEST(AddedNorms, AreOneWhereTwoLayersMeetOneRectifier) {
  NetworkBuilder builder("joined");
  const std::string x = builder.input("x", {4});
  const std::string sum = builder.add(builder.linear(x, {"a", 4, 5}), builder.linear(x, {"b", 4, 5}), "sum");
  builder.output(builder.activation(sum, "relu", "relu"));
  const auto made = changed(initialize(builder.build(), "he", 1).network, norm("batch"));
  ASSERT_TRUE(made);
  EXPECT_EQ(count(made->network, "BatchNormalization"), 1);
}

TEST(AddedNorms, AreRefusedWhereEveryNonlinearityHasOneAndWhereThereIsNone) {
  EXPECT_FALSE(changed(build_family("feedforward:depth=2,width=6,norm=batch,input=6"), norm("batch")));
  EXPECT_FALSE(
      changed(build_family("feedforward:depth=2,width=6,activation=identity,input=6"), norm("batch")));
}

}  // namespace
}  // namespace shatterproof::norm_test
