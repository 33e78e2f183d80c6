// SPDX-License-Identifier: Apache-2.0
// What commands that read a network add of theory to their results.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "shatterproof/examine/setting.h"
#include "shatterproof/results/reader.h"
#include "shatterproof/theory/catalog.h"
#include "tests/cli/sample_files.h"
#include "tests/support/command_runner.h"

namespace shatterproof::cli::predictions_test {
namespace {

Results results_of(std::vector<std::string> words) {
  const std::string path = (scratch() / "predictions.jsonl").string();
  words.insert(words.end(), {"--json", path});
  const Ran ran = run(words);
  EXPECT_NE(ran.code, kBadInput) << ran.err;
  return read_results(path);
}

const Reading* read_there(const Results& results, const Reading& prediction) {
  const auto found =
      std::find_if(results.readings.begin(), results.readings.end(), [&](const Reading& reading) {
        return reading.name == prediction.name && reading.type == prediction.type &&
               reading.tap == prediction.tap && reading.x == prediction.x;
      });
  return found == results.readings.end() ? nullptr : &*found;
}

TEST(Predictions, OfACheckAreTheBestOnesOnTheAxesOfItsReadings) {
  const std::string network = "residual:depth=6,width=40,norm=batch,beta=0.5,input=40";
  const Results results = results_of({"check", network, "--seeds", "2"});
  std::set<std::string> places, names;
  for (const PredictionRecord& prediction : results.predictions) {
    const Reading& reading = prediction.reading;
    const Reading* read = read_there(results, reading);
    ASSERT_NE(read, nullptr) << reading.name;
    EXPECT_EQ(reading.functional, read->functional);
    EXPECT_EQ(reading.batch_norm, read->batch_norm);
    EXPECT_TRUE(places.insert(reading.name + reading.tap + reading.x_name).second) << reading.name;
    names.insert(reading.name);
    if (reading.name == "correlation_length_profile") continue;  // comes along with correlation_length
    const Prediction best = predict(setting_of(network), reading.name).front();
    EXPECT_EQ(prediction.theory, best.theory) << reading.name;
  }
  EXPECT_THAT(names, testing::IsSupersetOf({"gradient_correlation", "gradient_variance", "correlation_length",
                                            "activation_fraction"}));
}

TEST(Predictions, TakeBatchStatisticsAndExamplesOfTheReading) {
  const Results results = results_of({"measure", "feedforward:depth=3,width=8,input=5,norm=batch",
                                      "gradient_correlation", "--batch-norm", "attached", "--batch", "11"});
  ASSERT_FALSE(results.predictions.empty());
  EXPECT_EQ(results.predictions[0].theory, "zero_sum");
  EXPECT_EQ(results.predictions[0].reading.values[0], -.1);
}

TEST(Predictions, StandBesideReadingsOnAGrid) {
  const Results results = results_of({"measure", "shallow:width=20,bias_std=1", "gradient_autocorrelation"});
  ASSERT_EQ(results.predictions.size(), 1U);
  EXPECT_EQ(results.predictions[0].theory, "gaussian_process");
}

TEST(Predictions, AreNoneWhereTheoryDoesNotSpeak) {
  const std::vector<std::vector<std::string>> silent = {
      {"check", "conv_feedforward:depth=2", "--seeds", "1", "--batch", "4"},
      {"check", (samples() / "model.onnx").string()},
      {"measure", kSmallFamily, "gradient_correlation", "--functional", "random"},
      {"measure", kSmallFamily, "gradient_correlation", "--inputs", (samples() / "five.npy").string()},
      {"measure", kSmallFamily, "gradient_confusion"},
      {"measure", "feedforward:depth=2,width=4", "gradient_correlation", "--inputs", "grid:-2:2:1100"},
  };
  for (const std::vector<std::string>& words : silent) {
    const Results results = results_of(words);
    EXPECT_FALSE(results.readings.empty()) << words[1];
    EXPECT_TRUE(results.predictions.empty()) << words[1];
  }
}

}  // namespace
}  // namespace shatterproof::cli::predictions_test
