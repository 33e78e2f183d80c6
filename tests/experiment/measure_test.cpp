// SPDX-License-Identifier: Apache-2.0
#include "shatterproof/experiment/measure.h"

#include <set>

#include "shatterproof/architecture/catalog.h"
#include "shatterproof/dataset/gaussian.h"
#include "shatterproof/initializer/catalog.h"
#include "shatterproof/measure/gradient_correlation.h"
#include "shatterproof/network/builder.h"
#include "shatterproof/run/execution.h"
#include "tests/experiment/subject.h"
#include "tests/matchers.h"
#include "tests/support/fake_taps.h"

namespace shatterproof::measure_test {
namespace {

Batch gaussian_inputs(int64_t examples, int64_t numbers, uint64_t seed = 1) {
  Batch batch;
  batch.inputs = {gaussian_tensor("inputs", {examples, numbers}, seed).to(at::kFloat)};
  return batch;
}

TEST(Measure, GivesReadingsInTheOrderAskedAndOncePerName) {
  const Measured measured =
      measure(rectifier_network(3, 5, 3, 1), gaussian_inputs(8, 3),
              {"coactivation", "end_to_end_gain", "gradient_correlation", "coactivation"}, {});
  std::vector<std::string> names;
  for (const Reading& reading : measured.readings) names.push_back(reading.name);
  EXPECT_EQ(names, (std::vector<std::string>{"coactivation", "end_to_end_gain", "gradient_correlation",
                                             "gradient_correlation"}));
  EXPECT_EQ(measured.coverage.nodes, 5);
}

TEST(Measure, TakesWhatEachDefinitionPrefersAndSaysSo) {
  MeasureRequest request;
  request.run.functional = Functional::parse("random");
  const auto readings = [&] {
    return measure(rectifier_network(3, 5, 3, 1), gaussian_inputs(8, 3),
                   {"gradient_variance", "end_to_end_gain"}, request)
        .readings;
  };
  EXPECT_EQ(find_reading(readings(), "gradient_variance").functional, "random");
  EXPECT_EQ(find_reading(readings(), "gradient_variance").batch_norm, "detached");
  EXPECT_EQ(find_reading(readings(), "end_to_end_gain", ReadingType::scalar).functional, "probe");
  EXPECT_EQ(find_reading(readings(), "end_to_end_gain", ReadingType::scalar).batch_norm, "attached");
  request.batch_norm = BatchStatistics::stored;
  for (const Reading& reading : readings()) EXPECT_EQ(reading.batch_norm, "stored");
}

TEST(Measure, SeesTheGradientsThatAnExecutionGives) {
  const Network network = rectifier_network(3, 5, 4, 1);
  const Batch batch = gaussian_inputs(8, 3);
  Execution execution(network, {});
  const Reading expected = gradient_correlation(execution.input_gradient(batch));
  const std::vector<Reading> readings = measure(network, batch, {"gradient_correlation"}, {}).readings;
  EXPECT_THAT(find_reading(readings, "gradient_correlation", ReadingType::scalar, "input").value(),
              IsNear(expected.value(), 1e-6));
  EXPECT_EQ(find_reading(readings, "gradient_correlation").x_labels,
            (std::vector<std::string>{"input", "relu_1", "relu_2", "relu_3"}));
}

TEST(Measure, CountsActivityOnWhatEntersTheRectifiers) {
  const Network network = rectifier_network(3, 5, 2, 1);
  const Batch batch = gaussian_inputs(50, 3);
  const at::Tensor z = batch.inputs[0].mm(network.find_parameter("layer_1.weight")->value.t());
  const Reading reading = measure(network, batch, {"activation_fraction"}, {}).readings[0];
  EXPECT_THAT(reading.values[0], IsNear((z > 0).to(at::kDouble).mean().item<double>(), 1e-12));
}

TEST(Measure, CountsACreluOnceAndFollowsItsJoinedState) {
  NetworkBuilder builder("crelu");
  std::string x = builder.linear(builder.input("input", {4}), {"layer_1", 4, 6, false, "", ""});
  x = builder.activation(x, "crelu_1", "relu", true);
  builder.output(builder.linear(x, {"layer_2", 12, 2, false, "", ""}));
  Network network = builder.build();
  for (const char* name : {"layer_1.weight", "layer_2.weight"}) {
    network.set_parameter(
        name, gaussian_tensor(name, network.find_parameter(name)->value.sizes().vec()).to(at::kFloat));
  }
  const std::vector<Reading> readings =
      measure(network, gaussian_inputs(30, 4), {"activation_fraction", "gradient_correlation"}, {}).readings;
  EXPECT_EQ(find_reading(readings, "activation_fraction").values.size(), 1U);
  EXPECT_EQ(find_reading(readings, "gradient_correlation").x_labels,
            (std::vector<std::string>{"input", "crelu_1"}));
}

TEST(Measure, RefusesUnknownNamesAndTaps) {
  const Network network = rectifier_network(3, 5, 3, 1);
  const auto refusal = [&](const std::vector<std::string>& names, const std::string& tap) {
    MeasureRequest request;
    request.tap = tap;
    try {
      measure(network, gaussian_inputs(8, 3), names, request);
    } catch (const std::invalid_argument& error) {
      return std::string(error.what());
    }
    return std::string("accepted");
  };
  using ::testing::HasSubstr;
  EXPECT_THAT(refusal({"coactivatoin"}, ""), HasSubstr("did you mean 'coactivation'?"));
  EXPECT_THAT(refusal({}, ""), HasSubstr("needs the name of a measurement"));
  EXPECT_THAT(refusal({"coactivation"}, "relu_7"), HasSubstr("unknown tap 'relu_7'; did you mean 'relu_"));
  EXPECT_THAT(refusal({"correlation_length"}, "relu_7"), HasSubstr("unknown tap"));
  EXPECT_EQ(refusal({"coactivation"}, "relu_2"), "accepted");
}

TEST(Measure, StatesAndWhatIsInsideBranchesAreTwoSeries) {
  for (const char* spec : {"residual:depth=6,layers_per_block=2,norm=batch,width=8,input=8",
                           "conv_residual:depth=6", "transformer_pre_norm:depth=2,width=8"}) {
    const Network network = initialize(build_family(spec), "he", 1).network;
    const std::vector<Reading> readings = measure(network, gaussian_batch(network.inputs(), 9, 1),
                                                  {"gradient_variance", "gradient_correlation"}, {})
                                              .readings;
    for (const char* name : {"gradient_variance", "gradient_mean_square", "gradient_correlation"}) {
      const Reading& states = find_reading(readings, name);
      for (const std::string& label : states.x_labels)
        EXPECT_FALSE(label.ends_with("relu") || label.ends_with("gelu")) << spec << ": " << label;
      EXPECT_GT(find_reading(readings, std::string(name) + "_in_branches").values.size(), 1U) << spec;
    }
  }
}

TEST(MeasureOverSeeds, IsTheMeanOfTheSeedsOneByOne) {
  const auto draw = [](uint64_t seed) {
    return Trial{rectifier_network(3, 5, 3, seed), gaussian_inputs(8, 3, seed)};
  };
  const std::vector<std::string> names = {"gradient_correlation", "end_to_end_gain", "gradient_trace"};
  const MeasuredSeeds two = measure_over_seeds({5, 4, 2}, draw, names, {});
  ASSERT_EQ(two.draws.size(), 4U);
  double sum = 0;
  for (uint64_t seed = 5; seed < 9; ++seed) {
    MeasureRequest request;
    request.run.seed = seed;  // of the probes, which end_to_end_gain takes
    const Trial trial = draw(seed);
    const std::vector<Reading> alone = measure(trial.network, trial.batch, names, request).readings;
    const std::vector<Reading>& drawn = two.draws[seed - 5].readings;
    for (size_t i = 0; i < alone.size(); ++i) EXPECT_EQ(alone[i].values, drawn[i].values) << alone[i].name;
    sum += find_reading(alone, "end_to_end_gain", ReadingType::scalar).value();
  }
  const Reading& gain = find_reading(two.readings, "end_to_end_gain", ReadingType::scalar);
  EXPECT_THAT(gain.value(), IsNear(sum / 4, 1e-12));
  EXPECT_EQ(gain.n, 4);
  EXPECT_EQ(gain.standard_error.size(), 1U);
  EXPECT_EQ(find_reading(two.readings, "gradient_trace").undefined_count, 4);
  const MeasuredSeeds one = measure_over_seeds({5, 4, 1}, draw, names, {});
  for (size_t i = 0; i < one.readings.size(); ++i) EXPECT_EQ(one.readings[i].values, two.readings[i].values);
}

TEST(MeasureOverSeeds, NeedsASeedAndPassesErrorsOn) {
  const auto draw = [](uint64_t seed) {
    return Trial{rectifier_network(3, 5, 3, seed), gaussian_inputs(8, 4)};
  };
  EXPECT_THROW(measure_over_seeds({1, 0, 1}, draw, {"coactivation"}, {}), std::invalid_argument);
  EXPECT_THROW(measure_over_seeds({1, 3, 2}, draw, {"coactivation"}, {}),
               std::invalid_argument);  // 4 numbers, not 3
}

}  // namespace
}  // namespace shatterproof::measure_test
