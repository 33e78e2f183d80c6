// SPDX-License-Identifier: Apache-2.0
#include "experiment/effective_depth.h"

#include "experiment/expanded_output.h"
#include "shatterproof/network/builder.h"
#include "shatterproof/network/layer.h"
#include "shatterproof/run/execution.h"
#include "tests/experiment/subject.h"
#include "tests/experiment/trained_network.h"
#include "tests/matchers.h"

namespace shatterproof::effective_depth_test {
namespace {

// Sums of a few dozen parts of the output's size, in double.
constexpr double kExact = 1e-9;

const Reading& depth_of(const std::vector<Reading>& readings) {
  return readings.at(0);
}

std::vector<Reading> effective_depth(const BeforeAndAfter& network, const Batch& batch,
                                     const std::string& options = "") {
  return measure(network.after, batch, {"effective_depth" + options}, request_since(network.before)).readings;
}

double largest(const at::Tensor& tensor) {
  return tensor.abs().max().item<double>();
}

// How far the sum of the parts is from what the network gives, relative to the largest output.
double distance_of_sum(const BeforeAndAfter& network, const Batch& batch, BatchStatistics batch_norm) {
  RunOptions options = request_since(network.before).run;
  options.functional = Functional::parse("probe");
  options.batch_norm = batch_norm;
  const ExpandedOutput resolved = expanded_output(network.after, network.before, batch, options);
  EXPECT_EQ(resolved.obstacle, "");
  at::Tensor sum = at::zeros_like(resolved.value);
  for (const at::Tensor& part : resolved.parts) sum += part;
  Execution execution(network.after, options);
  const at::Tensor output = execution.outputs(batch)[0].flatten(1);
  return largest(sum - output) / largest(output);
}

TEST(EffectiveDepth, PartsSumToTheOutputOfEveryFamily) {
  for (const char* spec :
       {"feedforward:depth=12,width=9,input=7", "feedforward:preset=batch_relu,depth=12,width=9",
        "feedforward:preset=layer_tanh,depth=12,width=9", "feedforward:preset=selu,depth=12,width=9",
        "feedforward:depth=6,width=9,input=7,norm=center,activation=prelu", "shallow:width=9",
        "feedforward:depth=6,width=8,input=7,activation=gelu,crelu=true",
        "residual:preset=batch_relu,depth=14,width=9", "residual:depth=9,width=9,input=7,norm=layer",
        "highway:depth=9,width=9,input=7", "dense:depth=6,width=9,input=7,norm=batch"}) {
    const BeforeAndAfter network = moved_family(spec, 0.1);
    const int64_t numbers = network.before.inputs()[0].shape[1];
    for (const BatchStatistics batch_norm :
         {BatchStatistics::attached, BatchStatistics::detached, BatchStatistics::stored}) {
      EXPECT_LT(distance_of_sum(network, gaussian_examples(20, numbers), batch_norm), kExact)
          << spec << " " << to_string(batch_norm);
    }
  }
}

Network convolutions(bool trainable_norms) {
  NetworkBuilder builder("convolutions");
  builder.trainable_norms = trainable_norms;
  std::string x = builder.convolution(builder.input("input", {2, 8, 8}),
                                      {.name = "layer_1", .channels_in = 2, .channels_out = 3, .bias = true});
  x = builder.activation(builder.normalization(x, "norm_1", "batch", 3), "relu_1", "relu");
  x = builder.node("MaxPool", "pool", {x},
                   {{"kernel_shape", std::vector<int64_t>{3, 3}},
                    {"strides", std::vector<int64_t>{2, 2}},
                    {"pads", std::vector<int64_t>{1, 1, 1, 1}}});
  const std::string skip = x;
  x = builder.convolution(x, {.name = "layer_2", .channels_in = 3, .channels_out = 3});
  x = builder.add(builder.activation(x, "tanh_2", "tanh"), skip, "sum");
  x = builder.node("Flatten", "flat", {builder.node("GlobalAveragePool", "mean", {x})});
  builder.output(builder.linear(x, {"layer_3", 3, 4, true, "", ""}));
  return initialize(builder.build(), "he", 5).network;
}

TEST(EffectiveDepth, PartsSumToTheOutputOfAConvolutionalNetwork) {
  const BeforeAndAfter network(convolutions(true), 0.3);
  Batch batch;
  batch.inputs = {gaussian_tensor("images", {5, 2, 8, 8}).to(at::kFloat)};
  for (const BatchStatistics batch_norm : {BatchStatistics::attached, BatchStatistics::stored})
    EXPECT_LT(distance_of_sum(network, batch, batch_norm), kExact) << to_string(batch_norm);
  // Three layers and a gain: four changes, one after the other.
  EXPECT_EQ(depth_of(effective_depth(network, batch, ":threshold=1e-12")).value(), 4);
}

TEST(EffectiveDepth, OfTwoUnitsByHand) {
  // f = (2 + 1) relu((3 + 1) x): without changes 6 x, with one 2 * 1 x + 1 * 3 x, with both 1 x, of 12 x.
  BeforeAndAfter network(rectifier_network(1, 1, 2, 1), 0);
  const auto set = [](Network& changed, float first, float second) {
    changed.set_parameter("layer_1.weight", at::full({1, 1}, first));
    changed.set_parameter("layer_2.weight", at::full({1, 1}, second));
  };
  set(network.before, 3, 2);
  set(network.after, 4, 3);
  Batch batch;
  batch.inputs = {at::tensor({1.0F, 2.0F, -1.0F}).view({3, 1})};
  const std::vector<Reading> readings = effective_depth(network, batch, ":threshold=0.1");
  EXPECT_EQ(depth_of(readings).value(), 1);
  ASSERT_EQ(readings.at(1).values.size(), 3U);
  EXPECT_THAT(readings[1].values[0], IsNear(6.0 / 12, 1e-14));
  EXPECT_THAT(readings[1].values[1], IsNear(5.0 / 12, 1e-14));
  EXPECT_THAT(readings[1].values[2], IsNear(1.0 / 12, 1e-14));
  EXPECT_EQ(depth_of(effective_depth(network, batch, ":threshold=0.08")).value(), 2);
}

// The same by summing over all sets of layers: those in the set act by their change, the others as at first.
TEST(EffectiveDepth, AgreesWithTheSumOverSetsOfLayers) {
  const BeforeAndAfter network(rectifier_network(4, 6, 4, 2), 0.5);
  const Batch batch = gaussian_examples(8, 4);
  const auto weight = [](const Network& of, int layer) {
    return of.find_parameter("layer_" + std::to_string(layer) + ".weight")->value.to(at::kDouble);
  };
  std::vector<at::Tensor> gates;
  at::Tensor h = batch.inputs[0].to(at::kDouble);
  for (int layer = 1; layer <= 3; ++layer) {
    h = h.matmul(weight(network.after, layer).t());
    gates.push_back((h > 0).to(at::kDouble));
    h = h * gates.back();
  }
  const at::Tensor f = h.matmul(weight(network.after, 4).t());
  std::vector<at::Tensor> parts;
  for (int k = 0; k <= 4; ++k) parts.push_back(at::zeros_like(f));
  for (unsigned set = 0; set < 16; ++set) {
    at::Tensor a = batch.inputs[0].to(at::kDouble);
    for (int layer = 1; layer <= 4; ++layer) {
      const at::Tensor initial = weight(network.before, layer);
      const bool changed = (set >> (layer - 1) & 1) != 0;
      a = a.matmul((changed ? weight(network.after, layer) - initial : initial).t());
      if (layer < 4) a = a * gates[static_cast<size_t>(layer - 1)];
    }
    parts[static_cast<size_t>(__builtin_popcount(set))] += a;
  }
  const Reading curve = effective_depth(network, batch).at(1);
  ASSERT_EQ(curve.values.size(), parts.size());
  for (size_t k = 0; k < parts.size(); ++k)
    EXPECT_THAT(curve.values[k], IsNear((parts[k].norm() / f.norm()).item<double>(), 1e-12)) << k;
}

TEST(EffectiveDepth, OfAnUntrainedNetworkIsZero) {
  for (const char* spec : {"feedforward:preset=batch_relu,depth=10", "residual:preset=layer_tanh,depth=10"}) {
    const BeforeAndAfter network = moved_family(spec, 0);
    const std::vector<Reading> readings = effective_depth(network, gaussian_examples(20, 100));
    EXPECT_EQ(depth_of(readings).value(), 0) << spec;
    EXPECT_THAT(readings.at(1).values, ::testing::ElementsAre(IsNear(1, 1e-12))) << spec;
  }
}

TEST(EffectiveDepth, OfOneChangedLayerIsOne) {
  for (const char* spec : {"feedforward:preset=selu,depth=10", "residual:preset=batch_relu,depth=10"}) {
    const BeforeAndAfter moved = moved_family(spec, 0.1);
    for (const Layer& layer : structure(moved.before).layers) {
      BeforeAndAfter network = moved;
      network.after = network.before;
      network.after.set_parameter(layer.weight, moved.after.find_parameter(layer.weight)->value);
      EXPECT_EQ(depth_of(effective_depth(network, gaussian_examples(20, 100), ":threshold=1e-12")).value(), 1)
          << spec << " " << layer.name;
    }
  }
}

TEST(EffectiveDepth, NamesTheNodeThatHasNoParts) {
  const BeforeAndAfter gated = moved_family("highway_gated:depth=3,width=5,input=5", 0.1);
  const std::vector<Reading> readings = effective_depth(gated, gaussian_examples(9, 5));
  ASSERT_EQ(readings.size(), 2U);
  for (const Reading& reading : readings)
    EXPECT_THAT(reading.undefined, ::testing::HasSubstr("Sigmoid 'layer_1")) << reading.undefined;
  NetworkBuilder builder("product");
  const std::string x = builder.linear(builder.input("input", {3}), {"layer_1", 3, 3, false, "", ""});
  builder.output(builder.node("Mul", "squares", {x, x}));
  const BeforeAndAfter product(initialize(builder.build(), "he", 1).network, 0.1);
  EXPECT_THAT(depth_of(effective_depth(product, gaussian_examples(9, 3))).undefined,
              ::testing::HasSubstr("Mul 'squares' multiplies what depends on the input"));
}

TEST(EffectiveDepth, RefusesDetachedStatisticsOfOtherExamples) {
  const BeforeAndAfter network = moved_family("feedforward:preset=batch_relu,depth=4,width=9", 0.1);
  MeasureRequest request = request_since(network.before);
  request.batch_norm = BatchStatistics::detached;
  request.run.mini_batch = 5;
  const auto read = [&] {
    return measure(network.after, gaussian_examples(20, 100), {"effective_depth"}, request).readings[0];
  };
  EXPECT_THAT(read().undefined, ::testing::HasSubstr("statistics"));
  request.run.mini_batch = 20;
  EXPECT_EQ(read().undefined, "");
}

TEST(EffectiveDepth, RefusesOtherNetworksInitialWeights) {
  const BeforeAndAfter network(rectifier_network(4, 6, 3, 2), 0.5);
  MeasureRequest request = request_since(rectifier_network(4, 6, 2, 2));
  const auto read = [&] {
    return measure(network.after, gaussian_examples(8, 4), {"effective_depth"}, request);
  };
  const auto message = [&] {
    try {
      read();
    } catch (const std::invalid_argument& error) {
      return std::string(error.what());
    }
    return std::string();
  };
  EXPECT_THAT(message(), ::testing::HasSubstr("none named 'layer_3.weight'"));
  request.untrained = rectifier_network(4, 7, 3, 2);
  EXPECT_THAT(message(), ::testing::HasSubstr("'layer_1.weight' must be [6, 4]; got [7, 4]"));
  request.untrained.reset();
  EXPECT_THAT(message(), ::testing::HasSubstr("before training"));
}

}  // namespace
}  // namespace shatterproof::effective_depth_test
