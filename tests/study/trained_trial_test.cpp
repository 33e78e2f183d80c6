// SPDX-License-Identifier: Apache-2.0
#include <ATen/ATen.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "shatterproof/core/error.h"
#include "shatterproof/study/reproduce.h"
#include "study/image_inputs.h"
#include "study/trial.h"

namespace shatterproof::trained_trial_test {
namespace {

using ::testing::HasSubstr;

constexpr const char* kToml = R"(
title = "t"
[settings]
inputs = "images"
seeds = 2
measure = ["train_loss", "test_accuracy"]
  [settings.train]
  examples = 64
  test_examples = 32
  epochs = 3
  batch = 16
  learning_rate_times_depth = 0.02
[[case]]
name = "thin"
network = "thin"
depth = [6]
  [[case.claim]]
  at = 3
  relation = "at_most"
  expected = 2.4
  provenance = "D"
)";

Study study() {
  return parse_study(kToml, "x", false);
}

TEST(TrainedTrial, GivesCurvesOverEpochsAveragedOverTrialsWhateverTheThreads) {
  const std::vector<CaseResult> one = reproduce(study(), {.threads = 1}),
                                two = reproduce(study(), {.threads = 2});
  const Reading& loss = one[0].readings.at(0);
  EXPECT_EQ(loss.name, "train_loss");
  EXPECT_EQ(loss.x, (std::vector<double>{1, 2, 3}));
  EXPECT_EQ(loss.n, 2);
  EXPECT_LT(loss.values[2], loss.values[0]);
  EXPECT_EQ(loss.values, two[0].readings.at(0).values);
  EXPECT_EQ(one[0].readings.at(1).name, "test_accuracy");
  EXPECT_TRUE(judge(study(), one)[0].pass);
}

TEST(TrainedTrial, OfTrainingThatMetAnAccidentSaysWhichInEveryReading) {
  StudyCase one = study().cases[0];
  one.measurements.push_back("gradient_correlation");
  std::get<TrainedNetwork>(one.source).training.learning_rate = 1e30;
  const StudyTrial trial = run_trial(one, 1);
  ASSERT_GE(trial.readings.size(), 3U);
  for (const Reading& reading : trial.readings) {
    EXPECT_FALSE(reading.is_defined()) << reading.name;
    EXPECT_THAT(reading.undefined, HasSubstr("step")) << reading.name;
  }
  std::get<TrainedNetwork>(one.source).training.learning_rate = 1e-3;
  EXPECT_EQ(run_trial(one, 1).readings.size(), trial.readings.size());
}

TEST(TrainedTrial, OfSeveralRatesGivesTheOneThatEndedLowest) {
  StudyCase one = study().cases[0];
  StudyTraining& training = std::get<TrainedNetwork>(one.source).training;
  training.learning_rate_times_depth.reset();
  training.learning_rate = 3e-3;
  const StudyTrial alone = run_trial(one, 1);
  training.learning_rate.reset();
  training.learning_rates = {1e30, 3e-3, 1e-7};
  const StudyTrial best = run_trial(one, 1);
  ASSERT_EQ(best.readings.size(), alone.readings.size() + 1);
  for (size_t k = 0; k < alone.readings.size(); ++k)
    EXPECT_EQ(best.readings[k].values, alone.readings[k].values) << alone.readings[k].name;
  EXPECT_EQ(best.readings.back().name, "learning_rate");
  EXPECT_EQ(best.readings.back().value(), 3e-3);
  training.learning_rates = {1e30, 1e31};
  for (const Reading& reading : run_trial(one, 1).readings)
    EXPECT_FALSE(reading.is_defined()) << reading.name;
}

std::string refusal(const std::string& from, const std::string& to) {
  std::string toml = kToml;
  toml.replace(toml.find(from), from.size(), to);
  try {
    reproduce(parse_study(toml, "x", false), {});
  } catch (const std::invalid_argument& error) {
    return error.what();
  }
  return "accepted";
}

TEST(TrainedTrial, RefusesWhatCannotBeTrainedBeforeAnythingIs) {
  EXPECT_THAT(refusal("epochs = 3", "epoch = 3"), HasSubstr("epoch"));
  EXPECT_THAT(refusal("epochs = 3", "learning_rates = [0.1]"), HasSubstr("give one of learning_rate"));
  EXPECT_THAT(refusal("learning_rate_times_depth = 0.02", "learning_rates = [0.1, 0]"),
              HasSubstr("learning_rates must be above 0 and finite; got 0"));
  EXPECT_THAT(refusal("\"test_accuracy\"", "\"tets_accuracy\""), HasSubstr("did you mean 'test_accuracy'"));
  EXPECT_THAT(refusal("inputs = \"images\"", "inputs = \"gaussian\""), HasSubstr("a network on images"));
  EXPECT_THAT(refusal("batch = 16", "batch = 16\n  schedule = \"cosin\""),
              HasSubstr("did you mean 'cosine'"));
  EXPECT_THAT(refusal("batch = 16", "batch = 16\n  optimizer = \"adm\""), HasSubstr("did you mean 'adam'"));
  EXPECT_THAT(refusal("batch = 16", "batch = 16\n  augment = \"imag\""), HasSubstr("did you mean 'image'"));
}

TEST(TrainedTrial, MiniBatchesOfSeedsAreOthersAndOrderedOnesAreTheSameExamples) {
  StudyCase one{
      .name = "x", .source = DrawnNetwork{"conv_feedforward:depth=2,width=4"}, .inputs = "images:24"};
  const std::vector<Input> inputs = {{"input", {-1, 3, 32, 32}, at::kFloat}};
  const Batch first = image_mini_batch(one, inputs, 1);
  EXPECT_FALSE(at::equal(first.inputs[0], image_mini_batch(one, inputs, 2).inputs[0]));
  EXPECT_NEAR(first.inputs[0].mean().item<double>(), 0, 1e-5);
  one.order_by = "conv_feedforward:depth=2,width=4";
  const Batch along_path = image_mini_batch(one, inputs, 1);
  EXPECT_FALSE(at::equal(first.inputs[0], along_path.inputs[0]));
  EXPECT_TRUE(at::equal(std::get<0>(first.inputs[0].flatten(1).sum(1).sort()),
                        std::get<0>(along_path.inputs[0].flatten(1).sum(1).sort())));
}

}  // namespace
}  // namespace shatterproof::trained_trial_test
