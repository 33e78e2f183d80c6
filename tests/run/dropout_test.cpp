// SPDX-License-Identifier: Apache-2.0
#include "shatterproof/run/dropout.h"

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>
#include <gmock/gmock.h>

#include <array>

#include "shatterproof/network/builder.h"
#include "shatterproof/run/execution.h"

namespace shatterproof::dropout_test {
namespace {

at::Tensor applied(const Dropout& dropout, const at::Tensor& x, double ratio,
                   const std::string& name = "drop") {
  const Node node{name, "Dropout", 17, {"x", "ratio"}, {name}, {}};
  const std::array<at::Tensor, 2> inputs = {x, at::scalar_tensor(ratio)};
  return dropout.applied(node, inputs);
}

TEST(Dropout, DropsTheRatioAndKeepsTheMean) {
  constexpr int64_t kNumbers = 100'000;
  const at::Tensor y = applied({1, 0}, at::ones({kNumbers}), .25);
  const double kept = y.gt(0).to(at::kDouble).mean().item<double>();
  EXPECT_NEAR(kept, .75, 5 * std::sqrt(.75 * .25 / kNumbers)) << "five standard deviations";
  EXPECT_FLOAT_EQ(y.max().item<float>(), 1 / .75F);
}

TEST(Dropout, DependsOnSeedStepAndNodeAlone) {
  const at::Tensor x = at::ones({100}), y = applied({1, 7}, x, .5);
  EXPECT_TRUE(at::equal(applied({1, 7}, x, .5), y));
  EXPECT_FALSE(at::equal(applied({2, 7}, x, .5), y));
  EXPECT_FALSE(at::equal(applied({1, 8}, x, .5), y));
  EXPECT_FALSE(at::equal(applied({1, 7}, x, .5, "other"), y));
}

TEST(Dropout, OfNothingIsTheIdentityAndOfAllIsRefused) {
  const at::Tensor x = at::ones({3});
  EXPECT_TRUE(at::equal(applied({}, x, 0), x));
  for (const double ratio : {1., -.1, 2.}) EXPECT_THROW(applied({}, x, ratio), std::invalid_argument);
  const Node of_old_sets{"drop", "Dropout", 11, {"x"}, {"drop"}, {{"ratio", 0.0}}};
  EXPECT_TRUE(at::equal(Dropout{}.applied(of_old_sets, std::array{x}), x));
}

Network dropping() {
  NetworkBuilder builder("dropping");
  const std::string z = builder.linear(builder.input("x", {4}), {"map", 4, 1000});
  builder.output(builder.node("Dropout", "drop", {z, builder.constant("ratio", .5)}));
  Network network = builder.build();
  network.set_parameter("map.weight", at::ones({1000, 4}));
  return network;
}

TEST(Dropout, IsAtWorkInTrainingOnly) {
  const Network network = dropping();
  Batch batch;
  batch.inputs = {at::ones({1, 4})};
  Execution execution(network, {});
  const std::vector<TrainableParameter> parameters = execution.trainable_parameters();
  ASSERT_EQ(parameters.size(), 1U);
  const at::Tensor in_training = execution.outputs_in_training(batch, {1, 0})[0];
  EXPECT_NEAR(in_training.eq(0).to(at::kDouble).mean().item<double>(), .5, .1);
  EXPECT_TRUE(in_training.requires_grad());
  EXPECT_EQ(execution.outputs(batch)[0].eq(0).sum().item<int64_t>(), 0);
}

TEST(TrainableParameters, AreCopiesThatLaterRunsUse) {
  const Network network = dropping();
  Batch batch;
  batch.inputs = {at::ones({1, 4})};
  Execution execution(network, {});
  at::Tensor weight = execution.trainable_parameters()[0].value;
  {
    const at::NoGradGuard no_gradient;
    weight.zero_();
  }
  EXPECT_EQ(execution.outputs(batch)[0].abs().max().item<double>(), 0);
  EXPECT_EQ(network.find_parameter("map.weight")->value.min().item<double>(), 1);
}

}  // namespace
}  // namespace shatterproof::dropout_test
