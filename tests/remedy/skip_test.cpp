// SPDX-License-Identifier: Apache-2.0
// Branches scaled, skips added, norms moved: what is computed afterwards, against the formula.
#include <gtest/gtest.h>

#include "shatterproof/architecture/catalog.h"
#include "shatterproof/network/builder.h"
#include "tests/remedy/change.h"

namespace shatterproof::skip_test {
namespace {

constexpr int64_t kUnits = 5;

Network drawn(const std::string& family) {
  return initialize(build_family(family), "he", 1).network;
}

// The family's member `other` with the weights of `network`.
Network with_weights_of(const Network& network, const std::string& other) {
  Network member = build_family(other);
  for (const Parameter& parameter : network.parameters()) {
    if (parameter.trainable) member.set_parameter(parameter.name, parameter.value);
  }
  return member;
}

TEST(ScaledBranches, AreTheFamilyWithThatBeta) {
  for (const std::string family :
       {"residual:depth=4,width=6,input=6", "residual:depth=4,width=6,input=6,norm=batch,layers_per_block=2",
        "conv_residual:depth=4,width=4,bottleneck=2", "transformer_pre_norm:depth=2,width=8,heads=2,tokens=3",
        "transformer_post_norm:depth=2,width=8,heads=2,tokens=3"}) {
    SCOPED_TRACE(family);
    const Network network = drawn(family);
    const auto made = changed(network, {.kind = Remedy::Kind::scale_branches, .value = .3});
    ASSERT_TRUE(made);
    expect_equal(output_of(made->network, made->batch),
                 output_of(with_weights_of(network, family + ",beta=0.3"), made->batch));
  }
}

TEST(ScaledBranches, AreScaledOnTopOfTheirOwnFactorAndWhereTheyAreTakenAway) {
  NetworkBuilder builder("difference");
  const std::string x = builder.input("x", {kUnits});
  std::string branch = builder.activation(builder.linear(x, {"a", kUnits, kUnits}), "relu", "relu");
  branch = builder.scale(builder.linear(branch, {"b", kUnits, kUnits}), "own", 2);
  builder.output(builder.node("Sub", "difference", {x, branch}));
  const Network network = initialize(builder.build(), "he", 1).network;
  const auto made = changed(network, {.kind = Remedy::Kind::scale_branches, .value = .5});
  ASSERT_TRUE(made);
  const at::Tensor& in = made->batch.inputs[0];
  const at::Tensor hidden = at::relu(at::matmul(in, number(network, "a.weight").t()));
  expect_equal(output_of(made->network, made->batch),
               in - at::matmul(hidden, number(network, "b.weight").t()));
}

TEST(ScaledBranches, NeedSkips) {
  EXPECT_FALSE(changed(drawn("feedforward:depth=3,width=6,input=6"),
                       {.kind = Remedy::Kind::scale_branches, .value = .3}));
}

// What one layer's sum gives: from what enters a rectifier to what enters the next one.
at::Tensor next_state(const Network& network, const at::Tensor& state, const at::Tensor& entering,
                      const std::string& name) {
  return state + .2 * at::matmul(at::relu(entering), number(network, name + ".weight").t());
}

TEST(AddedSkips, LeadFromOnePreActivationToTheNext) {
  const Network network = drawn("feedforward:depth=3,width=6,input=6,output=2");
  const auto made = changed(network, {.kind = Remedy::Kind::add_skips, .value = .2});
  ASSERT_TRUE(made);
  // Before the first layer no nonlinearity bends, behind the last one neither.
  at::Tensor z = at::matmul(made->batch.inputs[0], number(network, "layer_1.weight").t());
  z = next_state(network, z, z, "layer_2");
  z = next_state(network, z, z, "layer_3");
  expect_equal(output_of(made->network, made->batch),
               at::matmul(at::relu(z), number(network, "readout.weight").t()));
}

TEST(AddedSkips, LeadPastNormsThoseThatAreInsertedWithThemToo) {
  for (const bool inserted : {true, false}) {
    const Network network =
        drawn(std::string("feedforward:depth=2,width=6,input=6,output=2") + (inserted ? "" : ",norm=batch"));
    const auto made =
        changed(network, {.kind = Remedy::Kind::add_skips, .scheme = inserted ? "batch" : "", .value = .2});
    ASSERT_TRUE(made);
    at::Tensor z = at::matmul(made->batch.inputs[0], number(network, "layer_1.weight").t());
    z = next_state(network, z, batch_normalized(z), "layer_2");
    expect_near(output_of(made->network, made->batch),
                at::matmul(at::relu(batch_normalized(z)), number(network, "readout.weight").t()),
                kEpsilonOfNorms);
  }
}

TEST(AddedSkips, GoAroundConvolutionsWhereSizesAgree) {
  constexpr int64_t kChannels = 3;
  NetworkBuilder builder("convolutions");
  std::string x = builder.input("x", {2, 4, 4});
  for (int i = 1; i <= 3; ++i) {
    const std::string name = "conv_" + std::to_string(i);
    x = builder.convolution(x, {.name = name,
                                .channels_in = i == 1 ? 2 : kChannels,
                                .channels_out = kChannels,
                                .stride = i == 3 ? 2 : 1,
                                .bias = true});
    x = builder.activation(x, name + ".relu", "relu");
  }
  builder.output(x);
  const Network network = initialize(builder.build(), "he", 1).network;
  const auto made = changed(network, {.kind = Remedy::Kind::add_skips, .value = .2});
  ASSERT_TRUE(made);
  const auto layer = [&](const at::Tensor& in, const std::string& name, int64_t stride) {
    return at::conv2d(in, number(network, name + ".weight"), {}, stride, 1);
  };
  at::Tensor z = layer(made->batch.inputs[0], "conv_1", 1);
  z = z + .2 * layer(at::relu(z), "conv_2", 1);
  expect_equal(output_of(made->network, made->batch), at::relu(layer(at::relu(z), "conv_3", 2)));
}

TEST(AddedSkips, AreRefusedWhereThereAreSomeAndWhereNoSizesAgree) {
  const Remedy remedy{.kind = Remedy::Kind::add_skips, .value = .2};
  EXPECT_FALSE(changed(drawn("residual:depth=3,width=6,input=6"), remedy));
  EXPECT_FALSE(changed(drawn("transformer_pre_norm:depth=1,width=8,heads=2,tokens=3"), remedy));
  EXPECT_FALSE(changed(drawn("feedforward:depth=1,width=6,input=4"), remedy));
  EXPECT_FALSE(changed(drawn("dense:depth=3,width=6,growth=2,input=6"), remedy));
}

// N(x + f(x)) twice, f a layer with its rectifier, behind a projection with a norm of its own.
Network post_norm_blocks() {
  NetworkBuilder builder("post_norm");
  std::string x = builder.input("x", {3});
  x = builder.normalization(builder.linear(x, {"projection", 3, kUnits}), "first", "layer", kUnits);
  for (int i = 1; i <= 2; ++i) {
    const std::string block = "block_" + std::to_string(i);
    std::string branch =
        builder.activation(builder.linear(x, {block + "_a", kUnits, kUnits}), block + "_relu", "relu");
    branch = builder.linear(branch, {block + "_b", kUnits, kUnits});
    x = builder.normalization(builder.add(x, branch, block + "_sum"), block + "_norm", "layer", kUnits);
  }
  builder.output(x);
  return initialize(builder.build(), "he", 1).network;
}

TEST(MovedNorms, LeaveTheSkipsFreeOfThem) {
  const Network network = post_norm_blocks();
  const auto made = changed(network, {.kind = Remedy::Kind::move_norm});
  ASSERT_TRUE(made);
  const auto normalized = [](const at::Tensor& x) {
    const auto [variance, mean] = at::var_mean(x, {-1}, false, true);
    return (x - mean) / variance.sqrt();
  };
  const auto branch = [&](const at::Tensor& x, const std::string& block) {
    const at::Tensor hidden = at::relu(at::matmul(x, number(network, block + "_a.weight").t()));
    return at::matmul(hidden, number(network, block + "_b.weight").t());
  };
  // The state begins behind the projection's norm, which stays.
  at::Tensor x = normalized(at::matmul(made->batch.inputs[0], number(network, "projection.weight").t()));
  x = x + branch(x, "block_1");
  x = x + branch(normalized(x), "block_2");
  expect_equal(output_of(made->network, made->batch), normalized(x));
}

TEST(MovedNorms, NeedANormBehindASum) {
  EXPECT_FALSE(changed(drawn("transformer_pre_norm:depth=2,width=8,heads=2,tokens=3"),
                       {.kind = Remedy::Kind::move_norm}));
  EXPECT_FALSE(
      changed(drawn("residual:depth=2,width=6,input=6,norm=batch"), {.kind = Remedy::Kind::move_norm}));
}

}  // namespace
}  // namespace shatterproof::skip_test
