// SPDX-License-Identifier: Apache-2.0
// Changes of weights, nonlinearities and inputs, and what no rewriting of a graph can do.
#include "shatterproof/remedy/apply.h"

#include <gtest/gtest.h>

#include <cmath>

#include "shatterproof/architecture/catalog.h"
#include "tests/network/written_network.h"
#include "tests/remedy/change.h"

namespace shatterproof::apply_test {
namespace {

using Kind = Remedy::Kind;

Network drawn(const std::string& family) {
  return initialize(build_family(family), "he", 1).network;
}

TEST(Redrawn, WeightsAreThoseOfTheSchemeAndSeed) {
  const Network network = drawn("feedforward:depth=2,width=6,input=6,output=2");
  const auto made = changed(network, {.kind = Kind::redraw, .scheme = "orthogonal"});
  ASSERT_TRUE(made);
  EXPECT_TRUE(number(made->network, "layer_2.weight")
                  .equal(number(initialize(network, "orthogonal", 1).network, "layer_2.weight")));
}

TEST(Redrawn, LooksLinearNeedsRectifiersThatAreMirrored) {
  const Remedy remedy{.kind = Kind::redraw, .scheme = "looks_linear"};
  EXPECT_FALSE(changed(drawn("feedforward:depth=2,width=6,input=6"), remedy));
  const auto made = changed(drawn("feedforward:depth=2,width=6,input=6,crelu=true"), remedy);
  ASSERT_TRUE(made);
  const at::Tensor x = made->batch.inputs[0];
  expect_equal(output_of(made->network, {.inputs = {2 * x}}), 2 * output_of(made->network, {.inputs = {x}}));
}

TEST(ScaledLayer, IsTheOneNamedOrTheLast) {
  const Network network = drawn("feedforward:depth=2,width=6,input=6,output=2");
  const auto last = changed(network, {.kind = Kind::scale_layer, .value = 3});
  ASSERT_TRUE(last);
  expect_equal(output_of(last->network, last->batch), 3 * output_of(network, last->batch));
  EXPECT_TRUE(number(last->network, "layer_1.weight").equal(number(network, "layer_1.weight")));
  const auto first = changed(network, {.kind = Kind::scale_layer, .layers = LayerRange{1, 2}, .value = 3});
  ASSERT_TRUE(first);
  expect_equal(number(first->network, "layer_2.weight"), 3 * number(network, "layer_2.weight"));
  EXPECT_TRUE(number(first->network, "readout.weight").equal(number(network, "readout.weight")));
  EXPECT_FALSE(changed(network, {.kind = Kind::scale_layer, .layers = LayerRange{3, 9}, .value = 3}));
  EXPECT_FALSE(changed(network, {.kind = Kind::scale_layer})) << "by how much?";
}

TEST(StandardizedInputs, HaveMeanZeroAndSpreadOneInEveryColumn) {
  const Network network = drawn("feedforward:depth=1,width=6,input=6");
  Batch batch = examples_for(network);
  batch.inputs[0] = batch.inputs[0] * 70 + 30;
  const auto made = changed(network, batch, {.kind = Kind::standardize_inputs}, 1);
  ASSERT_TRUE(made);
  const auto [variance, mean] =
      at::var_mean(made->batch.inputs[0], {0}, /*unbiased=*/false, /*keepdim=*/false);
  constexpr double kRounding = 1e-5;
  EXPECT_LT(mean.abs().max().item<double>(), kRounding);
  EXPECT_LT((variance - 1).abs().max().item<double>(), kRounding);
  EXPECT_TRUE(number(made->network, "layer_1.weight").equal(number(network, "layer_1.weight")));
}

TEST(RevivedWeights, AreThoseThatWereOneNumber) {
  for (const Kind kind : {Kind::revive, Kind::break_symmetry}) {
    Network network = drawn("feedforward:depth=2,width=6,input=6,output=2");
    network.set_parameter("layer_2.weight", at::full({6, 6}, kind == Kind::revive ? 0. : .1));
    const auto made = changed(network, {.kind = kind, .scheme = "layer_2.weight"});
    ASSERT_TRUE(made);
    EXPECT_GT(number(made->network, "layer_2.weight").std().item<double>(), .1);
    EXPECT_TRUE(number(made->network, "layer_1.weight").equal(number(network, "layer_1.weight")));
    EXPECT_FALSE(changed(drawn("feedforward:depth=2,width=6,input=6"), {.kind = kind}))
        << "nothing is one number";
  }
}

TEST(ReplacedNonlinearity, IsARectifierWithHesWeights) {
  const Network network = drawn("feedforward:depth=2,width=6,input=6,output=2,activation=tanh");
  const auto made = changed(network, {.kind = Kind::replace_nonlinearity, .scheme = "relu"});
  ASSERT_TRUE(made);
  at::Tensor x = made->batch.inputs[0];
  for (const std::string layer : {"layer_1", "layer_2"})
    x = at::relu(at::matmul(x, number(made->network, layer + ".weight").t()));
  expect_equal(output_of(made->network, made->batch),
               at::matmul(x, number(made->network, "readout.weight").t()));
}

TEST(ReplacedNonlinearity, TakesOneThatIsWrittenOutAndLeavesTheOutputsRangeAlone) {
  Written written;
  std::string x = written.builder.linear(written.builder.input("x", {4}), {"a", 4, 5});
  const std::string bent =
      written.add(written.node("Erf", {written.div(x, written.c(std::sqrt(2.)))}), written.c(1));
  x = written.mul(written.mul(x, bent), written.c(.5));
  written.builder.output(written.node("Sigmoid", {written.builder.linear(x, {"b", 5, 2})}));
  const auto made = changed(initialize(written.builder.build(), "he", 1).network,
                            {.kind = Kind::replace_nonlinearity, .scheme = "relu"});
  ASSERT_TRUE(made);
  const at::Tensor hidden =
      at::relu(at::matmul(made->batch.inputs[0], number(made->network, "a.weight").t()));
  expect_equal(output_of(made->network, made->batch),
               at::sigmoid(at::matmul(hidden, number(made->network, "b.weight").t())));
  for (const Node& node : made->network.nodes()) EXPECT_NE(node.op, "Erf") << "nobody reads it any more";
}

TEST(ReplacedNonlinearity, LetsRectifiersLeakByASlopeThatTrainsAndKeepsWeights) {
  const Network network = drawn("feedforward:depth=2,width=6,input=6,output=2");
  const auto made = changed(network, {.kind = Kind::replace_nonlinearity, .scheme = "prelu"});
  ASSERT_TRUE(made);
  at::Tensor x = made->batch.inputs[0];
  for (const std::string layer : {"layer_1", "layer_2"})
    x = at::leaky_relu(at::matmul(x, number(network, layer + ".weight").t()), .25);
  expect_equal(output_of(made->network, made->batch), at::matmul(x, number(network, "readout.weight").t()));
  EXPECT_EQ(made->network.parameter_count(), network.parameter_count() + 2) << "a slope for each";
  EXPECT_FALSE(changed(drawn("feedforward:depth=2,width=6,input=6,activation=tanh"),
                       {.kind = Kind::replace_nonlinearity, .scheme = "prelu"}));
}

TEST(Redrawn, AreTheLayersThatItSpeaksOf) {
  const Network network = drawn("feedforward:depth=2,width=6,input=6");
  const auto made =
      changed(network, {.kind = Kind::redraw, .layers = LayerRange{2, 2}, .scheme = "orthogonal"});
  ASSERT_TRUE(made);
  EXPECT_TRUE(number(made->network, "layer_1.weight").equal(number(network, "layer_1.weight")));
  EXPECT_FALSE(number(made->network, "layer_2.weight").equal(number(network, "layer_2.weight")));
  EXPECT_TRUE(number(made->network, "readout.weight").equal(number(network, "readout.weight")));
  EXPECT_FALSE(changed(network, {.kind = Kind::redraw, .layers = LayerRange{3, 9}, .scheme = "he"}));
}

TEST(BareOutput, IsWhatEntersTheRectifierThatMakesIt) {
  NetworkBuilder builder("rectified");
  const std::string scores = builder.linear(builder.input("input", {6}), {"readout", 6, 3, true, "", ""});
  const std::string rectified = builder.activation(scores, "relu", "relu");
  builder.output(builder.node("Softmax", "softmax", {builder.node("Identity", "same", {rectified})},
                              {{"axis", int64_t{1}}}));
  const auto made = changed(initialize(builder.build(), "he", 1).network, {.kind = Kind::bare_output});
  ASSERT_TRUE(made);
  expect_equal(
      output_of(made->network, made->batch),
      at::softmax(at::matmul(made->batch.inputs[0], number(made->network, "readout.weight").t()), 1));
  EXPECT_FALSE(changed(drawn("feedforward:depth=2,width=6,input=6"), {.kind = Kind::bare_output}))
      << "a layer makes its output";
}

TEST(ResetGains, SetsThoseOfNormsToOneButNotZerosOnPurpose) {
  NetworkBuilder builder("gains");
  const auto normalized = [&](const std::string& x, const std::string& name, double gain, bool trainable) {
    return builder.node("LayerNormalization", name,
                        {x, builder.parameter(name + ".weight", at::full({6}, gain), trainable)},
                        {{"axis", int64_t{-1}}});
  };
  std::string x = normalized(builder.input("input", {6}), "small", .02, true);
  x = normalized(builder.linear(x, {"first", 6, 6, false, "", ""}), "resting", 0, true);
  x = normalized(x, "table", .5, false);
  builder.output(builder.linear(x, {"readout", 6, 2, false, "", ""}));
  Network network = initialize(builder.build(), "he", 1).network;
  network.set_parameter("small.weight", at::full({6}, .02));  // which a scheme sets to 1
  network.set_parameter("resting.weight", at::zeros({6}));
  const auto made = changed(network, {.kind = Kind::reset_gains});
  ASSERT_TRUE(made);
  expect_equal(number(made->network, "small.weight"), at::ones({6}));
  for (const char* kept : {"resting.weight", "table.weight", "first.weight"})
    EXPECT_TRUE(number(made->network, kept).equal(number(network, kept))) << kept;
  EXPECT_FALSE(changed(made->network, {.kind = Kind::reset_gains})) << "all are 1";
}

TEST(Changed, IsEmptyWhereNoRewritingOfTheGraphDoesIt) {
  const Network network = drawn("feedforward:depth=2,width=6,input=6");
  for (const Kind kind : {Kind::widen, Kind::narrow_depth, Kind::raise_forget_bias, Kind::keep_recurrence,
                          Kind::clip_gradients, Kind::export_again, Kind::look_at}) {
    EXPECT_FALSE(changed(network, {.kind = kind, .value = 1})) << to_string(kind);
  }
  EXPECT_FALSE(changed(network, {.kind = Kind::replace_nonlinearity, .scheme = "tanh"}));
  EXPECT_FALSE(changed(network, {.kind = Kind::replace_nonlinearity, .scheme = "relu"})) << "it is one";
}

}  // namespace
}  // namespace shatterproof::apply_test
