// SPDX-License-Identifier: Apache-2.0
#include "shatterproof/study/reproduce.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <fstream>

#include "shatterproof/core/interrupt.h"

namespace shatterproof {
namespace {

namespace fs = std::filesystem;

class Reproduce : public testing::Test {
 protected:
  Reproduce() : folder_(fs::temp_directory_path() / ("shatterproof_study_" + std::to_string(getpid()))) {
    fs::remove_all(folder_);
  }
  ~Reproduce() override { fs::remove_all(folder_); }

  static Study study() {
    Study study;
    study.name = "x";
    for (const char* family : {"feedforward:depth=3,width=8", "residual:depth=3,width=8"}) {
      study.cases.push_back({.name = family,
                             .network = family,
                             .inputs = "grid:-2:2:32",
                             .seeds = 3,
                             .measurements = {"gradient_autocorrelation"}});
    }
    return study;
  }

  fs::path folder_;
};

TEST_F(Reproduce, MeasuresEveryCaseWhateverTheNumberOfThreads) {
  const std::vector<CaseResult> one = reproduce(study(), {.threads = 1});
  const std::vector<CaseResult> two = reproduce(study(), {.threads = 2});
  ASSERT_EQ(one.size(), 2U);
  for (size_t i = 0; i < one.size(); ++i) {
    ASSERT_FALSE(one[i].readings.empty());
    EXPECT_EQ(one[i].readings[0].values, two[i].readings[0].values);
    EXPECT_EQ(one[i].readings[0].n, 3);
    EXPECT_EQ(one[i].readings[0].case_name, study().cases[i].name);
    EXPECT_GT(one[i].coverage.nodes, 0);
  }
}

TEST_F(Reproduce, GoesOnWhereItWasInterrupted) {
  std::vector<bool> kept;
  ReproduceOptions options{.cases = folder_, .version = "1"};
  options.before_case = [&](const StudyCase&, size_t number, bool) {
    if (number == 1) request_interrupt();
  };
  EXPECT_THROW(reproduce(study(), options), Interrupted);
  clear_interrupt();
  options.before_case = [&](const StudyCase&, size_t, bool one) { kept.push_back(one); };
  const std::vector<CaseResult> resumed = reproduce(study(), options);
  EXPECT_EQ(kept, (std::vector<bool>{true, false}));
  const std::vector<CaseResult> whole = reproduce(study(), {});
  for (size_t i = 0; i < whole.size(); ++i) {
    EXPECT_EQ(resumed[i].readings[0].values, whole[i].readings[0].values);
    EXPECT_EQ(resumed[i].readings[0].standard_error, whole[i].readings[0].standard_error);
    EXPECT_EQ(resumed[i].coverage.nodes, whole[i].coverage.nodes);
  }
}

TEST_F(Reproduce, ForgetsItsCasesAndNobodyElsesFiles) {
  const ReproduceOptions options{.cases = folder_, .version = "1"};
  reproduce(study(), options);
  std::ofstream(folder_ / "mine.txt") << "mine";
  forget_cases(study(), options);
  EXPECT_EQ(std::distance(fs::directory_iterator(folder_), fs::directory_iterator()), 1);
  fs::remove(folder_ / "mine.txt");
  forget_cases(study(), options);
  EXPECT_FALSE(fs::exists(folder_));
}

TEST_F(Reproduce, FindsAMistakeInTheLastCaseBeforeTheFirstOneRuns) {
  Study wrong = study();
  wrong.cases[1].measurements = {"temperature"};
  ReproduceOptions options;
  options.before_case = [](const StudyCase&, size_t, bool) { FAIL() << "a case ran"; };
  EXPECT_THROW(reproduce(wrong, options), std::invalid_argument);
}

TEST_F(Reproduce, KeepsNothingOfOtherSettingsOrAnotherVersion) {
  ReproduceOptions options{.cases = folder_, .version = "1"};
  reproduce(study(), options);
  int kept = 0;
  options.before_case = [&](const StudyCase&, size_t, bool one) { kept += one; };
  Study other = study();
  other.cases[0].seeds = 4;
  reproduce(other, options);
  EXPECT_EQ(kept, 1);
  options.version = "2";
  kept = 0;
  reproduce(study(), options);
  EXPECT_EQ(kept, 0);
}

TEST_F(Reproduce, NoiseIsMeasuredAsIfItWereAGradient) {
  const StudyCase white{.name = "white",
                        .noise = "white",
                        .inputs = "grid:-2:2:256",
                        .seeds = 200,
                        .measurements = {"gradient_autocorrelation"}};
  const Reading reading = run_case(white, 1).readings.at(0);
  ASSERT_TRUE(reading.is_defined());
  constexpr double kExpected = -1.0 / 256;  // of the biased estimator
  EXPECT_NEAR(reading.values[1], kExpected, 4 * reading.standard_error[1]);
  EXPECT_LT(reading.standard_error[1], .01);
}

TEST_F(Reproduce, RefusesWhatNoiseCannotBeMeasuredFor) {
  const StudyCase white{
      .name = "white", .noise = "white", .inputs = "grid:-2:2:16", .measurements = {"correlation_length"}};
  EXPECT_THROW(run_case(white, 1), std::invalid_argument);
}

}  // namespace
}  // namespace shatterproof
