// SPDX-License-Identifier: Apache-2.0
// Measurements of networks that a study has trained.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "shatterproof/study/reproduce.h"

namespace shatterproof::trained_measurement_test {
namespace {

using ::testing::HasSubstr;

constexpr const char* kToml = R"(
title = "t"
[settings]
inputs = "images:16"
project = 100
seeds = 2
measure = ["train_loss", "effective_depth", "taylor_error"]
  [settings.train]
  examples = 32
  test_examples = 8
  epochs = 4
  batch = 32
  learning_rate = 0.002
  layer_rates = "update_budget"
  schedule = "constant"
  augment = "none"
[[case]]
name = "selu"
network = "feedforward:preset=selu,depth=4,width=12,output=10"
  [[case.claim]]
  reading = "effective_depth"
  relation = "at_least"
  expected = 1
  provenance = "D"
)";

std::string changed(const std::string& from, const std::string& to) {
  std::string toml = kToml;
  return toml.replace(toml.find(from), from.size(), to);
}

CaseResult run(const std::string& toml) {
  return run_case(parse_study(toml, "x", false).cases.at(0), 1);
}

TEST(TrainedMeasurement, KnowsTheWeightsBeforeTraining) {
  const CaseResult result = run(kToml);
  std::vector<std::string> names;
  for (const Reading& reading : result.readings) names.push_back(reading.name);
  EXPECT_THAT(names, ::testing::ElementsAre("train_loss", "effective_depth", "effective_depth_parts",
                                            "taylor_error", "taylor_error_reset"));
  EXPECT_EQ(result.readings[1].n, 2);
  EXPECT_EQ(result.readings[1].value(), 4);
  EXPECT_EQ(result.readings[3].x.size(), 5U);
  EXPECT_TRUE(judge(parse_study(kToml, "x", false), {result}).at(0).pass);
}

TEST(TrainedMeasurement, OfANetworkThatTookNoStepIsZero) {
  const CaseResult result = run(changed("learning_rate = 0.002", "learning_rate = 1e-30"));
  EXPECT_EQ(result.readings[1].value(), 0);
}

TEST(TrainedMeasurement, EndsTrainingAtTheAccuracyThatIsEnough) {
  const Reading stopped = run(changed("batch = 32", "batch = 32\n  stop_accuracy = 1e-9")).readings[0];
  const Reading whole = run(kToml).readings[0];
  EXPECT_GT(whole.values[0], whole.values[3]);
  EXPECT_THAT(stopped.values, ::testing::Each(stopped.values[0]));
}

TEST(TrainedMeasurement, TakesRatesInProportionToTheBudget) {
  const CaseResult equal = run(changed("layer_rates = \"update_budget\"", "")), budget = run(kToml);
  EXPECT_NE(equal.readings[0].values[3], budget.readings[0].values[3]);
  EXPECT_EQ(equal.readings[0].values[0], budget.readings[0].values[0]);  // before the first step
}

std::string refusal(const std::string& from, const std::string& to) {
  try {
    reproduce(parse_study(changed(from, to), "x", false), {});
  } catch (const std::invalid_argument& error) {
    return error.what();
  }
  return "accepted";
}

TEST(TrainedMeasurement, RefusesWhatContradictsItself) {
  EXPECT_THAT(refusal("batch = 32", "batch = 32\n  learning_rate_times_depth = 1"), HasSubstr("give one of"));
  EXPECT_THAT(refusal("\"update_budget\"", "\"update_budgte\""), HasSubstr("did you mean 'update_budget'"));
  EXPECT_THAT(refusal("\"effective_depth\"", "\"effective_dpeth\""),
              HasSubstr("did you mean 'effective_depth'"));
  EXPECT_THAT(refusal("\"images:16\"", "\"gaussian:16\""), HasSubstr("project speaks of images"));
}

}  // namespace
}  // namespace shatterproof::trained_measurement_test
