// SPDX-License-Identifier: Apache-2.0
#include "experiment/effective_depth_bound.h"

#include "experiment/operator_norm.h"
#include "shatterproof/network/builder.h"
#include "shatterproof/run/execution.h"
#include "tests/experiment/subject.h"
#include "tests/experiment/trained_network.h"
#include "tests/matchers.h"

namespace shatterproof::effective_depth_bound_test {
namespace {

std::vector<Reading> read(const BeforeAndAfter& network, const Batch& batch,
                          const std::vector<std::string>& names) {
  return measure(network.after, batch, names, request_since(network.before)).readings;
}

Network two_scalars(float first, float second) {
  NetworkBuilder builder("two scalars");
  const std::string h = builder.linear(builder.input("input", {1}), {"layer_1", 1, 1, false, "", ""});
  builder.output(builder.linear(h, {"layer_2", 1, 1, false, "", ""}));
  Network network = builder.build();
  network.set_parameter("layer_1.weight", at::full({1, 1}, first));
  network.set_parameter("layer_2.weight", at::full({1, 1}, second));
  return network;
}

TEST(EffectiveDepthBound, OfTwoScalarsByHand) {
  // Every coefficient of f = w_2 w_1 x is 1: V = (1 + p_1 t)(1 + p_2 t) with p = 1/4 and 1/3.
  BeforeAndAfter network(two_scalars(3, 2), 0);
  network.after = two_scalars(4, 3);
  Batch batch;
  batch.inputs = {at::tensor({1.0F, 2.0F, -1.0F}).view({3, 1})};
  const std::vector<Reading> readings = read(network, batch, {"effective_depth_bound:threshold=0.1"});
  EXPECT_EQ(readings.at(0).value(), 1);
  ASSERT_EQ(readings.at(1).values.size(), 3U);
  EXPECT_THAT(readings[1].values[0], IsNear(1, 1e-6));
  EXPECT_THAT(readings[1].values[1], IsNear(7.0 / 12, 1e-6));
  EXPECT_THAT(readings[1].values[2], IsNear(1.0 / 12, 1e-6));
}

TEST(EffectiveDepthBound, OfTwoScalarsWithASkipByHand) {
  // f = x + w_2 w_1 x: from 7 x at 2 * 3 to 13 x at 3 * 4. Weighed at the sum the layers' changes are
  // 1/4 * 12/13 and 1/3 * 12/13.
  const auto skip = [](float first, float second) {
    NetworkBuilder builder("skip");
    const std::string x = builder.linear(builder.input("input", {1}), {"layer_0", 1, 1, false, "", ""});
    std::string h = builder.linear(x, {"layer_1", 1, 1, false, "", ""});
    h = builder.linear(builder.activation(h, "relu_1", "relu"), {"layer_2", 1, 1, false, "", ""});
    builder.output(builder.add(x, h, "sum"));
    Network network = builder.build();
    network.set_parameter("layer_0.weight", at::ones({1, 1}));
    network.set_parameter("layer_1.weight", at::full({1, 1}, first));
    network.set_parameter("layer_2.weight", at::full({1, 1}, second));
    return network;
  };
  BeforeAndAfter network(skip(3, 2), 0);
  network.after = skip(4, 3);
  Batch batch;
  batch.inputs = {at::tensor({1.0F, 2.0F}).view({2, 1})};
  const Reading sizes = read(network, batch, {"effective_depth_bound"}).at(1);
  const double first = 12.0 / 13 / 4, second = 12.0 / 13 / 3;
  ASSERT_EQ(sizes.values.size(), 3U);
  EXPECT_THAT(sizes.values[1], IsNear(first + second, 1e-6));
  EXPECT_THAT(sizes.values[2], IsNear(first * second, 1e-6));
}

TEST(EffectiveDepthBound, CountsBiasesByHand) {
  // f = w_2 (w_1 x + b) from 2 * 3 x to 3 (3 x + 1), at x = 1 and -1: the bias is sqrt(2 / 20) of what layer
  // 1 makes, and a relative change of x becomes 9 sqrt(2 / 180) of one there.
  const auto biased = [](float bias, float second) {
    NetworkBuilder builder("biased");
    const std::string h = builder.linear(builder.input("input", {1}), {"layer_1", 1, 1, true, "", ""});
    builder.output(builder.linear(h, {"layer_2", 1, 1, false, "", ""}));
    Network network = builder.build();
    network.set_parameter("layer_1.weight", at::full({1, 1}, 3.0F));
    network.set_parameter("layer_1.bias", at::full({1}, bias));
    network.set_parameter("layer_2.weight", at::full({1, 1}, second));
    return network;
  };
  BeforeAndAfter network(biased(0, 2), 0);
  network.after = biased(1, 3);
  const Batch batch{.inputs = {at::tensor({1.0F, -1.0F}).view({2, 1})}};
  const Reading sizes = read(network, batch, {"effective_depth_bound"}).at(1);
  const double shift = std::sqrt(2.0 / 20), zeroth = 9 * std::sqrt(2.0 / 180);
  ASSERT_EQ(sizes.values.size(), 3U);
  EXPECT_THAT(sizes.values[1], IsNear(shift + zeroth / 3, 1e-6));
  EXPECT_THAT(sizes.values[2], IsNear(shift / 3, 1e-6));
}

TEST(EffectiveDepthBound, CountsGainsAndShiftsOfNorms) {
  NetworkBuilder builder("gains");
  builder.trainable_norms = true;
  std::string x = builder.input("input", {30});
  for (int layer = 1; layer <= 5; ++layer) {
    const std::string number = std::to_string(layer);
    x = builder.linear(x, {"layer_" + number, 30, 30, false, "", ""});
    x = builder.normalization(x, "norm_" + number, layer % 2 == 0 ? "layer" : "batch", 30);
    x = builder.activation(x, "relu_" + number, "relu");
  }
  builder.output(builder.linear(x, {"layer_6", 30, 4, false, "", ""}));
  const Network initial = initialize(builder.build(), "he", 4).network;
  BeforeAndAfter network(initial, 0.1);
  for (const Layer& layer : structure(initial).layers)  // norms alone have moved
    network.after.set_parameter(layer.weight, initial.find_parameter(layer.weight)->value);
  const std::vector<Reading> readings =
      read(network, gaussian_examples(300, 30), {"effective_depth", "effective_depth_bound"});
  EXPECT_GE(readings.at(0).value(), 3);
  EXPECT_GE(readings.at(2).value(), readings.at(0).value());
}

TEST(EffectiveDepthBound, LiesAboveEffectiveDepth) {
  for (const char* spec :
       {"feedforward:preset=batch_relu,depth=20,width=30", "feedforward:preset=layer_tanh,depth=20,width=30",
        "residual:preset=batch_relu,depth=20,width=30"}) {
    for (const double fraction : {0.001, 0.01, 0.1}) {
      const std::vector<Reading> readings = read(moved_family(spec, fraction), gaussian_examples(300, 100),
                                                 {"effective_depth", "effective_depth_bound"});
      EXPECT_GE(readings.at(2).value(), readings.at(0).value()) << spec << " " << fraction;
      EXPECT_GT(readings.at(0).value(), 0) << spec << " " << fraction;
    }
  }
}

TEST(EffectiveDepthBound, OfAnUntrainedNetworkIsZero) {
  const BeforeAndAfter network = moved_family("residual:preset=batch_relu,depth=10", 0);
  const std::vector<Reading> readings = read(network, gaussian_examples(20, 100), {"effective_depth_bound"});
  EXPECT_EQ(readings.at(0).value(), 0);
  EXPECT_EQ(readings.at(1).values.size(), 1U);
}

// The map as a matrix, column by column.
double largest_singular_value(const Network& network, int64_t numbers, const std::vector<int64_t>& shape) {
  Batch units;
  std::vector<int64_t> sizes = shape;
  sizes.insert(sizes.begin(), numbers);
  units.inputs = {at::eye(numbers).view(sizes)};
  RunOptions options;
  options.dtype = at::kDouble;
  const at::Tensor matrix = Execution(network, options).outputs(units)[0].flatten(1);
  return std::get<1>(at::linalg_svd(matrix)).max().item<double>();
}

TEST(OperatorNorm, IsExactForDenseLayersAndBoundsConvolutions) {
  const Network dense = rectifier_network(4, 6, 1, 3);
  const Layer layer = structure(dense).layers.at(0);
  const auto norm = [](const Network& network, const Layer& of) {
    return operator_norm(network.find_parameter(of.weight)->value, of, network.nodes()[of.node]);
  };
  EXPECT_THAT(norm(dense, layer), IsNear(largest_singular_value(dense, 4, {4}), 1e-12));
  for (const int64_t stride : {1, 2}) {
    NetworkBuilder builder("convolution");
    builder.output(
        builder.convolution(builder.input("input", {2, 6, 6}),
                            {.name = "layer_1", .channels_in = 2, .channels_out = 3, .stride = stride}));
    const Network network = initialize(builder.build(), "he", 2).network;
    const Layer convolution = structure(network).layers.at(0);
    const double exact = largest_singular_value(network, 72, {2, 6, 6});
    EXPECT_GE(norm(network, convolution), exact);
    EXPECT_LE(norm(network, convolution), 3 * exact);  // sqrt of the 9 windows of stride 1
  }
}

}  // namespace
}  // namespace shatterproof::effective_depth_bound_test
