// SPDX-License-Identifier: Apache-2.0
#include "experiment/correlation_length.h"

#include "shatterproof/architecture/catalog.h"
#include "shatterproof/dataset/gaussian.h"
#include "shatterproof/initializer/catalog.h"
#include "shatterproof/network/builder.h"
#include "shatterproof/run/execution.h"
#include "tests/experiment/subject.h"
#include "tests/matchers.h"
#include "tests/support/counted_source.h"
#include "tests/support/fake_taps.h"

namespace shatterproof::correlation_length_test {
namespace {

// f(x) = sum over units of phi(x), one unit per input number.
Network elementwise(const std::string& op, int64_t numbers) {
  NetworkBuilder builder(op);
  builder.output(builder.node(op, "phi", {builder.input("input", {numbers})}));
  return builder.build();
}

Batch batch_of(at::Tensor inputs) {
  Batch batch;
  batch.inputs = {inputs.to(at::kFloat)};
  return batch;
}

Batch batch_of_doubles(at::Tensor inputs) {
  Batch batch;
  batch.inputs = {std::move(inputs)};
  return batch;
}

std::vector<Reading> lengths(const Network& network, const Batch& batch,
                             BatchStatistics batch_norm = BatchStatistics::detached) {
  MeasureRequest request;
  request.run.dtype = at::kDouble;
  request.batch_norm = batch_norm;
  return measure(network, batch, {"correlation_length"}, request).readings;
}

TEST(CorrelationLength, OfTanhOnTwoExamplesByHand) {
  // g(x) = 1 - tanh(x)^2; x = 0 and 4, each moved towards the other.
  const auto g = [](double x) { return 1 - std::tanh(x) * std::tanh(x); };
  const auto c = [&](double d) {
    return (g(0) * g(4 * d) + g(4) * g(4 - 4 * d)) / (g(0) * g(0) + g(4) * g(4));
  };
  const std::vector<Reading> readings =
      lengths(elementwise("Tanh", 1), batch_of(at::tensor({0.0, 4.0}).view({2, 1})));
  ASSERT_EQ(readings.size(), 2U);
  constexpr double kRounding = 1e-9;
  for (size_t k = 0; k < 9; ++k) {
    EXPECT_EQ(readings[1].x[k], std::ldexp(1, static_cast<int>(k) - 8));
    EXPECT_THAT(readings[1].values[k], IsNear(c(readings[1].x[k]), kRounding));
  }
  // c falls below 1/2 between 1/8 and 1/4: interpolated there in log d.
  ASSERT_GT(c(0.125), 0.5);
  ASSERT_LT(c(0.25), 0.5);
  const double part = (c(0.125) - 0.5) / (c(0.125) - c(0.25));
  EXPECT_THAT(readings[0].value(), IsNear(0.125 * std::pow(2, part), kRounding));
  EXPECT_EQ(readings[0].bound, "");
}

TEST(CorrelationLength, OfALinearNetworkIsMoreThanOne) {
  const std::vector<Reading> readings =
      lengths(elementwise("Identity", 3), batch_of(gaussian_tensor("x", {5, 3})));
  EXPECT_EQ(readings[0].value(), 1);
  EXPECT_EQ(readings[0].bound, ">");
  for (const double c : readings[1].values) EXPECT_THAT(c, IsNear(1, 1e-12));
}

TEST(CorrelationLength, OfAGradientThatTurnsAtOnceIsLessThanTheFirstStep) {
  // Steps of |x| at 0: example 1 lies just left of a kink that the first displacement crosses, towards a far
  // example.
  const Batch batch = batch_of(at::tensor({-1e-6, 1.0}).view({2, 1}));
  const std::vector<Reading> readings = lengths(elementwise("Abs", 1), batch);
  // The other example, moved towards the first, keeps its gradient until d = 1: c = (-1 + 1) / 2 = 0.
  EXPECT_EQ(readings[0].bound, "<");
  EXPECT_EQ(readings[0].value(), 1.0 / 256);
  EXPECT_EQ(readings[1].values[0], 0);
}

TEST(CorrelationLength, AgreesWithLoopsOverExamples) {
  const Network network = rectifier_network(6, 9, 4, 3);
  const at::Tensor x = gaussian_tensor("x", {7, 6}).to(at::kFloat).to(at::kDouble);
  Execution execution(network, {.dtype = at::kDouble});
  const auto gradient = [&](const at::Tensor& point) {
    Batch one;
    one.inputs = {point.view({1, 6})};
    return execution.input_gradient(one).flatten();
  };
  const std::vector<Reading> readings = lengths(network, batch_of(x));
  for (const size_t k : {0, 4, 8}) {
    double between = 0, size = 0;
    for (int64_t i = 0; i < 7; ++i) {
      const at::Tensor g = gradient(x[i]);
      const at::Tensor moved = x[i] + readings[1].x[k] * (x[(i + 1) % 7] - x[i]);
      between += g.dot(gradient(moved)).item<double>();
      size += g.dot(g).item<double>();
    }
    EXPECT_THAT(readings[1].values[k], IsNear(between / size, 1e-10)) << k;
  }
}

// What c(d) is over all pairs of a batch, with its statistics.
double over_all_pairs(const Network& network, const Batch& batch, double d) {
  Execution execution(network, {.dtype = at::kDouble});
  execution.hold_statistics(batch.inputs);
  const at::Tensor x = batch.inputs[0].to(at::kDouble), gradient = execution.input_gradient(batch);
  const at::Tensor there = execution.input_gradient(batch_of_doubles(x + d * (x.roll(-1, 0) - x)));
  return ((gradient * there).sum() / gradient.square().sum()).item<double>();
}

TEST(CorrelationLength, WalksAsFewPairsAsTellItOfImages) {
  constexpr int64_t kExamples = 128;
  const Network network = initialize(build_family("conv_residual:depth=6,width=4"), "he", 2).network;
  const Batch batch = gaussian_batch(network.inputs(), kExamples, 1);
  RunOptions run;
  run.dtype = at::kDouble;
  CountedSource source(tap_source(network, run), kExamples);
  MeasureRequest request;
  request.run = run;
  const std::vector<Reading> readings = measure(source, batch, {"correlation_length"}, request).readings;
  EXPECT_LE(source.backward, 10 * 32. / kExamples) << "ten passes of 32 examples";
  for (const size_t k : {3, 6, 8}) {
    const double all = over_all_pairs(network, batch, readings[1].x[k]);
    EXPECT_NEAR(readings[1].values[k], all, 3 * 0.02) << readings[1].x[k];
  }
}

TEST(CorrelationLength, WalksAllPairsWhereTheyDiffer) {
  constexpr int64_t kExamples = 100;
  const Network network = rectifier_network(6, 20, 9, 1);
  const Batch batch = batch_of(gaussian_tensor("x", {kExamples, 6}));
  RunOptions run;
  run.dtype = at::kDouble;
  CountedSource source(tap_source(network, run), kExamples);
  MeasureRequest request;
  request.run = run;
  const std::vector<Reading> readings = measure(source, batch, {"correlation_length"}, request).readings;
  EXPECT_DOUBLE_EQ(source.backward, 10);
  for (const size_t k : {0, 4, 8})
    EXPECT_NEAR(readings[1].values[k], over_all_pairs(network, batch, readings[1].x[k]), 1e-10);
}

TEST(CorrelationLength, WalksHalfTheBatchAwayAlongAPath) {
  // tanh on four ordered points: the neighbour of 0 is .1 and its gradient alike; two further away is 4.
  Batch batch = batch_of(at::tensor({0.0, 0.1, 4.0, 4.1}).view({4, 1}));
  EXPECT_GT(lengths(elementwise("Tanh", 1), batch)[1].values[8], 0.4);
  batch.along_path = true;
  EXPECT_LT(lengths(elementwise("Tanh", 1), batch)[1].values[8], 0.01);
}

TEST(CorrelationLength, HoldsTheStatisticsOfTheUndisplacedBatch) {
  // With statistics held, batch norm before a linear readout is linear, so the gradient never forgets.
  NetworkBuilder builder("normalized");
  builder.output(builder.normalization(builder.input("input", {3}), "norm", "batch", 3));
  const Batch batch = batch_of(gaussian_tensor("x", {6, 3}) + 4);
  const Network network = builder.build();
  EXPECT_EQ(lengths(network, batch)[0].bound, ">");
  EXPECT_THAT(lengths(network, batch)[1].values[7], IsNear(1, 1e-12));
  EXPECT_THAT(lengths(network, batch, BatchStatistics::attached)[0].undefined,
              ::testing::HasSubstr("coupled"));
  EXPECT_EQ(lengths(network, batch, BatchStatistics::stored)[0].bound, ">");
}

TEST(CorrelationLength, SaysWhyItIsUndefined) {
  EXPECT_THAT(lengths(elementwise("Tanh", 2), batch_of(at::ones({1, 2})))[0].undefined,
              ::testing::HasSubstr("one example"));
  Network dead = rectifier_network(4, 5, 3, 1);
  dead.set_parameter("layer_1.weight", at::zeros({5, 4}));
  EXPECT_EQ(lengths(dead, batch_of(gaussian_tensor("x", {3, 4})))[0].undefined, "gradient is zero");
}

}  // namespace
}  // namespace shatterproof::correlation_length_test
