// SPDX-License-Identifier: Apache-2.0
#include "shatterproof/run/execution.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include "shatterproof/architecture/catalog.h"
#include "shatterproof/core/interrupt.h"
#include "shatterproof/initializer/catalog.h"
#include "shatterproof/network/builder.h"
#include "tests/run/recorder.h"

namespace shatterproof::execution_test {
namespace {

constexpr double kDoubleRounding = 1e-12;

Network drawn(const std::string& spec) {
  return initialize(build_family(spec), "he", 1).network;
}

Batch gaussian_batch(int64_t examples, int64_t dimension) {
  at::manual_seed(5);
  return {.inputs = {at::randn({examples, dimension})}};
}

// f(x) = 2 relu(3 x_1 - x_2) by hand.
Network small_network() {
  NetworkBuilder builder("small");
  std::string h = builder.input("x", {2});
  h = builder.linear(h, {.name = "first", .fan_in = 2, .fan_out = 1});
  h = builder.activation(h, "relu", "relu");
  builder.output(builder.linear(h, {.name = "second", .fan_in = 1, .fan_out = 1}));
  Network network = builder.build();
  network.set_parameter("first.weight", at::tensor({3.0F, -1.0F}).view({1, 2}));
  network.set_parameter("second.weight", at::tensor({2.0F}).view({1, 1}));
  return network;
}

TEST(Execution, GradientsAreThoseComputedByHand) {
  Execution execution(small_network(), {});
  const Batch batch{.inputs = {at::tensor({1.0F, 1.0F, 1.0F, 5.0F}).view({2, 2})}};
  const at::Tensor gradient = execution.input_gradient(batch);
  EXPECT_TRUE(at::equal(gradient, at::tensor({6.0F, -2.0F, 0.0F, 0.0F}).view({2, 2})));
  EXPECT_TRUE(at::equal(execution.outputs(batch)[0], at::tensor({4.0F, 0.0F}).view({2, 1})));
}

TEST(Execution, EveryTapSeesItsGradient) {
  Execution execution(small_network(), {});
  const Batch batch{.inputs = {at::tensor({1.0F, 1.0F, 1.0F, 5.0F}).view({2, 2})}};
  Recorder recorder;
  Observer* observers[] = {&recorder};
  execution.run(batch, observers);
  EXPECT_TRUE(at::equal(recorder.gradients.at("relu activation"), at::full({2, 1}, 2.0F)));
  EXPECT_TRUE(
      at::equal(recorder.gradients.at("first pre_activation"), at::tensor({2.0F, 0.0F}).view({2, 1})));
  EXPECT_TRUE(at::equal(recorder.gradients.at("second:output output"), at::ones({2, 1})));
  EXPECT_TRUE(at::equal(recorder.values.at("first pre_activation"), at::tensor({2.0F, -2.0F}).view({2, 1})));
}

TEST(Execution, AnUnusedBranchHasGradientZeroWhichIsMeasuredAndNotLeftOut) {
  NetworkBuilder builder("unused");
  const std::string x = builder.input("x", {2});
  const std::string kept =
      builder.linear(x, {.name = "kept", .fan_in = 2, .fan_out = 3, .prescribed_scheme = "he"});
  const std::string dead =
      builder.activation(builder.linear(x, {.name = "dead", .fan_in = 2, .fan_out = 3}), "relu", "relu");
  builder.output(kept);
  builder.node("Neg", "unused", {dead});
  Execution execution(builder.build(), {});
  Recorder recorder;
  Observer* observers[] = {&recorder};
  execution.run(gaussian_batch(4, 2), observers);
  for (const char* tap : {"dead pre_activation", "relu activation"})
    EXPECT_TRUE(at::equal(recorder.gradients.at(tap), at::zeros({4, 3}))) << tap;
  EXPECT_TRUE(at::equal(recorder.gradients.at("kept:output output"), at::ones({4, 3})));
  EXPECT_EQ(execution.coverage().measured, execution.coverage().nodes);
  EXPECT_TRUE(execution.coverage().skipped.empty());
}

TEST(Execution, MiniBatchesGiveTheGradientsOfTheWholeBatch) {
  const Network network = drawn("residual:depth=4,width=20,input=20");
  const Batch batch = gaussian_batch(10, 20);
  for (const char* functional : {"sum", "random", "probe"}) {
    RunOptions options{.functional = Functional::parse(functional), .dtype = at::kDouble};
    const at::Tensor whole = Execution(network, options).input_gradient(batch);
    options.mini_batch = 3;
    EXPECT_TRUE(at::allclose(Execution(network, options).input_gradient(batch), whole, kDoubleRounding,
                             kDoubleRounding))
        << functional;
  }
}

TEST(Execution, ProbeMeasuresTheJacobiansFrobeniusNorm) {
  NetworkBuilder builder("linear");
  builder.output(builder.linear(builder.input("x", {5}), {.name = "w", .fan_in = 5, .fan_out = 7}));
  Network network = builder.build();
  at::manual_seed(3);
  const at::Tensor weight = at::randn({7, 5});
  network.set_parameter("w.weight", weight);
  const int64_t examples = 20000;
  Execution execution(network, {.functional = Functional::parse("probe")});
  const at::Tensor squares = execution.input_gradient({.inputs = {at::zeros({examples, 5})}}).square().sum(1);
  const double expected = weight.square().sum().item<double>();
  const double standard_error = squares.std().item<double>() / std::sqrt(static_cast<double>(examples));
  EXPECT_NEAR(squares.mean().item<double>(), expected, 4 * standard_error);
}

TEST(Execution, LossIsCrossEntropyOfTheLogitsWithOrWithoutASoftmaxInTheModel) {
  const auto classifier = [](bool with_softmax, bool with_identity = false) {
    NetworkBuilder builder("classifier");
    std::string y = builder.linear(builder.input("x", {4}), {.name = "w", .fan_in = 4, .fan_out = 3});
    if (with_softmax) y = builder.node("Softmax", "softmax", {y}, {{"axis", int64_t{-1}}});
    if (with_identity) y = builder.node("Identity", "y", {y});
    builder.output(y);
    Network network = builder.build();
    at::manual_seed(4);
    network.set_parameter("w.weight", at::randn({3, 4}));
    return network;
  };
  Batch batch = gaussian_batch(6, 4);
  batch.labels = at::tensor({0, 1, 2, 0, 1, 2}, at::kLong);
  const RunOptions options{.functional = Functional::parse("loss"), .dtype = at::kDouble};
  const at::Tensor bare = Execution(classifier(false), options).input_gradient(batch);

  const at::Tensor x = batch.inputs[0].to(at::kDouble).requires_grad_(true);
  const at::Tensor w = classifier(false).find_parameter("w.weight")->value.to(at::kDouble);
  at::cross_entropy_loss(at::matmul(x, w.t()), batch.labels, {}, at::Reduction::Sum).backward();
  EXPECT_TRUE(at::allclose(bare, x.grad(), kDoubleRounding, kDoubleRounding));
  for (const bool with_identity : {false, true}) {
    EXPECT_TRUE(at::allclose(Execution(classifier(true, with_identity), options).input_gradient(batch), bare,
                             kDoubleRounding, kDoubleRounding));
  }
  const RunOptions second{.functional = Functional::parse("logit:1"), .dtype = at::kDouble};
  EXPECT_TRUE(at::allclose(Execution(classifier(true), second).input_gradient(batch)[0], w[1]));
}

TEST(Execution, TokenIdsAreDifferentiatedAtTheirEmbedding) {
  NetworkBuilder builder("tokens");
  const std::string ids = builder.input("ids", {3}, at::kLong);
  const std::string table = builder.parameter("table", at::arange(8, at::kFloat).view({4, 2}), true);
  std::string h = builder.node("Gather", "embedding", {table, ids});
  h = builder.node("ReduceMean", "mean", {h}, {{"axes", std::vector<int64_t>{1}}, {"keepdims", int64_t{0}}});
  builder.output(builder.linear(h, {.name = "w", .fan_in = 2, .fan_out = 1}));
  Network network = builder.build();
  network.set_parameter("w.weight", at::tensor({3.0F, 6.0F}).view({1, 2}));
  Execution execution(network, {});
  ASSERT_EQ(execution.taps().front().kind, TapKind::input);
  EXPECT_EQ(execution.taps().front().name, "embedding");
  const Batch batch{.inputs = {at::tensor({0, 1, 2, 3, 0, 1}, at::kLong).view({2, 3})}};
  const at::Tensor expected = at::tensor({1.0F, 2.0F}).repeat({2, 3});
  EXPECT_TRUE(at::allclose(execution.input_gradient(batch), expected));
}

TEST(Execution, WhatDoesNotFitIsSaidInOneLine) {
  Execution execution(small_network(), {});
  EXPECT_THROW(execution.outputs({.inputs = {at::zeros({2, 3})}}), std::invalid_argument);
  EXPECT_THROW(execution.outputs({.inputs = {at::zeros({2, 2}), at::zeros({2, 2})}}), std::invalid_argument);
  EXPECT_THROW(Execution(small_network(), {.device = "tpu"}), std::invalid_argument);
  EXPECT_THROW(Execution(small_network(), {.functional = Functional::parse("loss")})
                   .input_gradient(gaussian_batch(2, 2)),
               std::invalid_argument);
  EXPECT_THROW(Execution(small_network(), {.functional = Functional::parse("logit:1")})
                   .input_gradient(gaussian_batch(2, 2)),
               std::invalid_argument);
  EXPECT_THROW(Functional::parse("logit:-1"), std::invalid_argument);
  EXPECT_THROW(Functional::parse("summ"), std::invalid_argument);
}

TEST(Execution, StopsWhenInterrupted) {
  Execution execution(small_network(), {});
  request_interrupt();
  EXPECT_THROW(execution.run(gaussian_batch(2, 2), {}), Interrupted);
  clear_interrupt();
  EXPECT_NO_THROW(execution.run(gaussian_batch(2, 2), {}));
}

}  // namespace
}  // namespace shatterproof::execution_test
