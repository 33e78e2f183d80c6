// SPDX-License-Identifier: Apache-2.0
#include "experiment/taylor_error.h"

#include "experiment/taylor_cuts.h"
#include "shatterproof/network/builder.h"
#include "shatterproof/run/execution.h"
#include "tests/experiment/subject.h"
#include "tests/experiment/trained_network.h"
#include "tests/matchers.h"

namespace shatterproof::taylor_error_test {
namespace {

// Initial weights plus `step` times their change.
Network on_the_way(const BeforeAndAfter& network, double step) {
  Network between = network.before;
  for (const Parameter& parameter : network.before.parameters()) {
    if (!parameter.value.is_floating_point()) continue;
    const at::Tensor change =
        network.after.find_parameter(parameter.name)->value.to(at::kDouble) - parameter.value.to(at::kDouble);
    between.set_parameter(parameter.name, parameter.value.to(at::kDouble) + step * change);
  }
  return between;
}

// How far the derivative at the last cut is from central differences along the line from the initial weights.
double error_of_expansion(const BeforeAndAfter& network, BatchStatistics batch_norm) {
  constexpr double kStep = 1e-5;
  const Batch batch = gaussian_examples(20, 100);
  MeasureRequest request = request_since(network.before);
  request.run.batch_norm = batch_norm;
  const std::vector<TaylorCuts> cuts =
      taylor_cuts(Interpreter(network.after, batch, request.run), network.before, batch);
  EXPECT_GE(cuts.size(), 4U);
  const auto value_at_last = [&](double step) {
    const Network between = on_the_way(network, step);
    return taylor_cuts(Interpreter(between, batch, request.run), between, batch).back().initial;
  };
  const at::Tensor difference = (value_at_last(kStep) - value_at_last(-kStep)) / (2 * kStep);
  return ((difference - cuts.back().change).norm() / difference.norm()).item<double>();
}

TEST(TaylorError, ExpandsAsCentralDifferencesDo) {
  constexpr double kTruncation = 1e-6;  // of the step's square, and rounding over the step
  for (const char* spec :
       {"feedforward:preset=batch_relu,depth=6,width=9", "feedforward:preset=layer_tanh,depth=6,width=9",
        "feedforward:preset=selu,depth=6,width=9", "residual:preset=batch_relu,depth=8,width=9",
        "feedforward:depth=4,width=9,input=100,activation=prelu",
        "highway_gated:depth=3,width=9,input=100"}) {
    EXPECT_LT(error_of_expansion(moved_family(spec, 0.1), BatchStatistics::attached), kTruncation) << spec;
  }
}

TEST(TaylorError, ExpandsGainsOfNormsToo) {
  NetworkBuilder builder("gains");
  builder.trainable_norms = true;
  std::string x = builder.input("input", {100});
  for (int layer = 1; layer <= 3; ++layer) {
    const std::string number = std::to_string(layer);
    x = builder.linear(x, {"layer_" + number, layer == 1 ? 100 : 8, 8, true, "", ""});
    x = builder.normalization(x, "norm_" + number, layer == 2 ? "layer" : "batch", 8);
    x = builder.activation(x, "tanh_" + number, "tanh");
  }
  builder.output(builder.linear(x, {"layer_4", 8, 4, false, "", ""}));
  const BeforeAndAfter network(initialize(builder.build(), "he", 4).network, 0.1);
  for (const BatchStatistics batch_norm : {BatchStatistics::attached, BatchStatistics::stored})
    EXPECT_LT(error_of_expansion(network, batch_norm), 1e-6) << to_string(batch_norm);
}

TEST(TaylorError, CutsBehindEveryLayerOrBlock) {
  const auto remaining = [](const char* spec) {
    const BeforeAndAfter network = moved_family(spec, 0.1);
    const Batch batch = gaussian_examples(5, 100);
    std::vector<int64_t> depths;
    for (const TaylorCuts& cut : taylor_cuts(
             Interpreter(network.after, batch, request_since(network.before).run), network.before, batch))
      depths.push_back(cut.remaining);
    return depths;
  };
  EXPECT_THAT(remaining("feedforward:preset=selu,depth=4,width=9"), ::testing::ElementsAre(4, 3, 2, 1, 0));
  EXPECT_THAT(remaining("residual:preset=batch_relu,depth=6,width=9"), ::testing::ElementsAre(6, 5, 3, 1, 0));
}

std::vector<Reading> taylor_error(const BeforeAndAfter& network, const Batch& batch) {
  return measure(network.after, batch, {"taylor_error"}, request_since(network.before)).readings;
}

Batch labelled(Batch batch, const Network& network) {
  RunOptions options;
  options.dtype = at::kDouble;
  options.batch_norm = BatchStatistics::attached;
  batch.labels = Execution(network, options).outputs(batch)[0].argmax(1);
  return batch;
}

TEST(TaylorError, OfTwoUnitsByHand) {
  // Scores w_2 w_1 x and 5 x, the first being right: from w = (1, 1) to (2, 3), 6 against 5. Layer 1 is
  // linear in its weight, expanded or not; both expanded give 1 + 1 + 2 = 4. Layer 1 put back gives 3,
  // both 1.
  const auto pair = [](float first, float second, float other) {
    NetworkBuilder builder("pair");
    const std::string h = builder.linear(builder.input("input", {1}), {"layer_1", 1, 2, false, "", ""});
    builder.output(builder.linear(h, {"layer_2", 2, 2, false, "", ""}));
    Network network = builder.build();
    network.set_parameter("layer_1.weight", at::tensor({first, 1.0F}).view({2, 1}));
    network.set_parameter("layer_2.weight", at::tensor({second, 0.0F, 0.0F, other}).view({2, 2}));
    return network;
  };
  BeforeAndAfter network(pair(1, 1, 5), 0);
  network.after = pair(2, 3, 5);
  Batch batch;
  batch.inputs = {at::tensor({1.0F, 2.0F}).view({2, 1})};
  batch.labels = at::zeros({2}, at::kLong);
  const std::vector<Reading> readings = taylor_error(network, batch);
  EXPECT_THAT(readings.at(0).x, ::testing::ElementsAre(2, 1, 0));
  EXPECT_THAT(readings.at(0).values, ::testing::ElementsAre(0, 0, 1));
  EXPECT_THAT(readings.at(1).values, ::testing::ElementsAre(0, 1, 1));
}

TEST(TaylorError, ExpandsTheNonlinearityWithItsLayer) {
  // h = relu(w x) from w = 1 to -2, scores -h and 1: 0 against 1, the second right. To first order h is 1 - 3
  // = -2, and 2 against 1 is wrong. A cut before the rectifier would see relu(-2) = 0 and nothing amiss.
  const auto pair = [](float first) {
    NetworkBuilder builder("pair");
    std::string h = builder.linear(builder.input("input", {1}), {"layer_1", 1, 2, false, "", ""});
    h = builder.activation(h, "relu", "relu");
    builder.output(builder.linear(h, {"layer_2", 2, 2, false, "", ""}));
    Network network = builder.build();
    network.set_parameter("layer_1.weight", at::tensor({first, 1.0F}).view({2, 1}));
    network.set_parameter("layer_2.weight", at::tensor({-1.0F, 0.0F, 0.0F, 1.0F}).view({2, 2}));
    return network;
  };
  BeforeAndAfter network(pair(1), 0);
  network.after = pair(-2);
  const Batch batch{.inputs = {at::ones({1, 1})}, .labels = at::ones({1}, at::kLong)};
  EXPECT_THAT(taylor_error(network, batch).at(0).values, ::testing::ElementsAre(0, 1, 1));
}

TEST(TaylorError, OfAnUnmovedNetworkIsItsOwnError) {
  const BeforeAndAfter network = moved_family("residual:preset=layer_tanh,depth=8,width=9", 0);
  const Batch batch = labelled(gaussian_examples(50, 100), network.after);
  for (const Reading& reading : taylor_error(network, batch))
    EXPECT_THAT(reading.values, ::testing::Each(0)) << reading.name;
}

TEST(TaylorError, RisesWithTheLayersThatAreExpanded) {
  const BeforeAndAfter network = moved_family("feedforward:preset=layer_tanh,depth=12,width=20", 0.5);
  const Batch batch = labelled(gaussian_examples(200, 100), network.after);
  const std::vector<Reading> readings = taylor_error(network, batch);
  EXPECT_EQ(readings.at(0).values.front(), 0);
  EXPECT_GT(readings.at(0).values.back(), 0.5);
  EXPECT_GT(readings.at(1).values.back(), 0.5);
}

TEST(TaylorError, SaysWhyItIsUndefined) {
  const BeforeAndAfter network(rectifier_network(4, 6, 3, 2), 0.5);
  for (const Reading& reading : taylor_error(network, gaussian_examples(8, 4)))
    EXPECT_THAT(reading.undefined, ::testing::HasSubstr("no labels"));
}

}  // namespace
}  // namespace shatterproof::taylor_error_test
