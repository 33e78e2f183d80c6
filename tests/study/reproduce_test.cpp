// SPDX-License-Identifier: Apache-2.0
#include "shatterproof/study/reproduce.h"

#include <gmock/gmock.h>

#include "shatterproof/core/interrupt.h"
#include "tests/support/temporary_folder.h"

namespace shatterproof::reproduce_test {
namespace {

constexpr const char* kToml = R"(
title = "t"
[settings]
seeds = 3
inputs = "grid:-2:2:32"
measure = "gradient_autocorrelation"
[[case]]
name = "network"
network = "feedforward:depth=3,width=8"
[[case]]
name = "noise"
noise = "brown"
[[case]]
name = "gates"
gates = "feedforward:depth=2,width=8,input=9"
inputs = "gaussian:8"
measure = "gradient_correlation"
[[case]]
name = "trained"
network = "thin:depth=6"
inputs = "images:16"
measure = ["train_loss", "gradient_correlation"]
  [case.train]
  examples = 32
  test_examples = 8
  epochs = 2
  batch = 16
)";

// A case of every source there is, ten trials: gates are one.
Study study() {
  return parse_study(kToml, "x", false);
}

class Reproduce : public testing::Test {
 protected:
  static void expect_same(const std::vector<CaseResult>& one, const std::vector<CaseResult>& other) {
    ASSERT_EQ(one.size(), other.size());
    for (size_t i = 0; i < one.size(); ++i) {
      ASSERT_EQ(one[i].readings.size(), other[i].readings.size()) << one[i].name;
      for (size_t k = 0; k < one[i].readings.size(); ++k) {
        EXPECT_EQ(one[i].readings[k].values, other[i].readings[k].values) << one[i].readings[k].name;
        EXPECT_EQ(one[i].readings[k].standard_error, other[i].readings[k].standard_error);
        EXPECT_EQ(one[i].readings[k].n, other[i].readings[k].n);
      }
      EXPECT_EQ(one[i].coverage.nodes, other[i].coverage.nodes);
    }
  }

  TemporaryFolder folder_;
  std::filesystem::path kept_ = folder_.path() / "kept";
};

TEST_F(Reproduce, GivesTheSameWhateverTheNumberOfThreads) {
  const std::vector<CaseResult> one = reproduce(study(), {.threads = 1});
  expect_same(one, reproduce(study(), {.threads = 2}));
  ASSERT_EQ(one.size(), 4U);
  for (const CaseResult& result : one) {
    ASSERT_FALSE(result.readings.empty()) << result.name;
    for (const Reading& reading : result.readings) EXPECT_EQ(reading.case_name, result.name);
  }
  EXPECT_EQ(one[0].readings[0].n, 3);
  EXPECT_GT(one[0].coverage.nodes, 0);
  EXPECT_GT(one[2].readings[0].n, 1) << "the draws of the theory";
}

TEST_F(Reproduce, GoesOnFromAnyTrialAfterWhichItWasStopped) {
  const std::vector<CaseResult> whole = reproduce(study(), {});
  for (const int64_t last : {1, 4, 7, 9}) {
    ReproduceOptions options{.kept = kept_};
    options.progress = [&](const StudyProgress& now) {
      EXPECT_EQ(now.trials, 10);
      if (now.made == last) throw std::runtime_error("stopped");
    };
    EXPECT_THROW(reproduce(study(), options), std::runtime_error);
    int64_t made = 0;
    options.progress = [&](const StudyProgress& now) {
      EXPECT_EQ(now.kept, last);
      made = now.made;
    };
    expect_same(reproduce(study(), options), whole);
    EXPECT_EQ(made, 10 - last);
    forget_trials(study(), options);
    EXPECT_FALSE(std::filesystem::exists(kept_));
  }
}

TEST_F(Reproduce, StopsWhenItIsInterruptedBetweenTrials) {
  ReproduceOptions options{.kept = kept_};
  options.progress = [&](const StudyProgress& now) {
    if (now.made == 2) request_interrupt();
  };
  EXPECT_THROW(reproduce(study(), options), Interrupted);
  clear_interrupt();
}

TEST_F(Reproduce, MoreSeedsNeedNoTrialTwice) {
  const ReproduceOptions first{.kept = kept_};
  reproduce(study(), first);
  Study more = study();
  for (StudyCase& one : more.cases) one.seeds = 4;
  ReproduceOptions options{.kept = kept_};
  int64_t made = 0;
  options.progress = [&](const StudyProgress& now) { made = now.made; };
  reproduce(more, options);
  EXPECT_EQ(made, 3);
}

TEST_F(Reproduce, WorksAloneInItsFolder) {
  ReproduceOptions options{.kept = kept_};
  int64_t refused = 0;
  options.progress = [&](const StudyProgress&) {
    try {
      reproduce(study(), {.kept = kept_});
    } catch (const IoError& error) {
      EXPECT_THAT(error.what(), ::testing::HasSubstr("another run"));
      ++refused;
    }
  };
  reproduce(study(), options);
  EXPECT_GT(refused, 0);
}

TEST_F(Reproduce, EstimatesTheTrainingThatIsLeft) {
  const ReproduceOptions options{.kept = kept_};
  EXPECT_GT(estimated_training_seconds(study(), options), 0);
  reproduce(study(), options);
  EXPECT_EQ(estimated_training_seconds(study(), options), 0);
}

TEST_F(Reproduce, FindsAMistakeInTheLastCaseBeforeTheFirstOneRuns) {
  Study wrong = study();
  wrong.cases.back().measurements = {"temperature"};
  ReproduceOptions options;
  options.progress = [](const StudyProgress&) { FAIL() << "a trial ran"; };
  EXPECT_THROW(reproduce(wrong, options), std::invalid_argument);
}

TEST_F(Reproduce, NoiseIsMeasuredAsIfItWereAGradient) {
  const StudyCase white{.name = "white",
                        .source = NoiseSeries{"white"},
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
  const StudyCase white{.name = "white",
                        .source = NoiseSeries{"white"},
                        .inputs = "grid:-2:2:16",
                        .measurements = {"correlation_length"}};
  EXPECT_THROW(run_case(white, 1), std::invalid_argument);
}

}  // namespace
}  // namespace shatterproof::reproduce_test
