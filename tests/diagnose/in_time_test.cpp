// SPDX-License-Identifier: Apache-2.0
// vanishing_in_time and exploding_in_time, on readings as a recurrent network would give them.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "diagnose/exploding_in_time.h"
#include "diagnose/vanishing.h"
#include "diagnose/vanishing_in_time.h"
#include "tests/matchers.h"

namespace shatterproof::in_time_test {
namespace {

using ::testing::HasSubstr;

struct Sequence {
  double rate = 1;
  int64_t steps = 2, span = 1;
};

Examination examination_of(const std::string& cell, const std::string& activation = "") {
  Examination examination;
  examination.recurrent_cells = {{"layer", cell, activation, 1.0 / 3, 0}};
  return examination;
}

Draw draw_of(const Sequence& sequence) {
  std::vector<double> x, curve;
  for (int64_t k = 0; k < sequence.steps; ++k) {
    x.push_back(static_cast<double>(k));
    curve.push_back(std::pow(sequence.rate, static_cast<double>(k)));
  }
  Draw draw;
  draw.readings = {curve_reading("gradient_over_time", "steps_back", x, curve),
                   scalar_reading("gradient_over_time_rate", sequence.rate),
                   scalar_reading("gradient_over_time_length", -1 / std::log(std::min(.999, sequence.rate))),
                   scalar_reading("gradient_over_time_span", static_cast<double>(sequence.span))};
  return draw;
}

std::optional<Finding> found(const RuleRecord& rule, const Sequence& sequence,
                             const Examination& examination = examination_of("LSTM")) {
  return rule.judge(examination, draw_of(sequence), Thresholds(), {});
}

std::string healthy(const Sequence& sequence) {
  return vanishing_in_time_rule().healthy(examination_of("LSTM"), draw_of(sequence), Thresholds(), {});
}

TEST(VanishingInTime, IsFoundWhereTheFirstStepIsLost) {
  const auto finding = found(vanishing_in_time_rule(), {.64, 200, 199});
  ASSERT_TRUE(finding);
  EXPECT_EQ(finding->severity, Severity::critical);
  EXPECT_THAT(finding->headline, HasSubstr("199 steps before"));
  EXPECT_EQ(found(vanishing_in_time_rule(), {.64, 50, 49})->severity, Severity::watch);
}

TEST(VanishingInTime, IsNotFoundInShortSequencesFlatOnesAndWhereEveryStepIsRead) {
  EXPECT_FALSE(found(vanishing_in_time_rule(), {.64, 21, 20}));
  EXPECT_FALSE(found(vanishing_in_time_rule(), {1, 784, 783}));
  EXPECT_FALSE(found(vanishing_in_time_rule(), {.64, 200, 0}));
  EXPECT_THAT(healthy({.64, 200, 0}), HasSubstr("every step is read"));
}

TEST(VanishingInTime, FollowsTheRateWhereNumbersEnd) {
  const auto finding = found(vanishing_in_time_rule(), {1e-3, 200, 199});
  ASSERT_TRUE(finding);
  EXPECT_EQ(finding->evidence[0].value, 0) << "1e-597 is no double";
  EXPECT_EQ(finding->severity, Severity::critical);
}

TEST(VanishingInTime, AdvisesWhatTheCellCanDo) {
  const auto advice = [&](const std::string& cell, const std::string& activation) {
    return found(vanishing_in_time_rule(), {.5, 101, 100}, examination_of(cell, activation))
        ->remedies.front();
  };
  const Remedy lstm = advice("LSTM", "");
  EXPECT_EQ(lstm.kind, Remedy::Kind::raise_forget_bias);
  EXPECT_EQ(*lstm.value, 100) << "steps";
  EXPECT_GT(lstm.promise->value, .95);
  EXPECT_EQ(advice("GRU", "").scheme, "update");
  EXPECT_EQ(advice("RNN", "tanh").scheme, "orthogonal");
  EXPECT_EQ(advice("RNN", "relu").scheme, "identity");
  EXPECT_EQ(advice("RNN", "relu").promise->value, 1);
}

TEST(ExplodingInTime, IsFoundByTheLargestGradientAtAnyStep) {
  EXPECT_FALSE(found(exploding_in_time_rule(), {1, 784, 783}));
  EXPECT_FALSE(found(exploding_in_time_rule(), {1.05, 100, 0}));
  EXPECT_EQ(found(exploding_in_time_rule(), {1.1, 100, 0})->severity, Severity::watch);
  EXPECT_EQ(found(exploding_in_time_rule(), {1.3, 100, 99})->severity, Severity::critical);
  EXPECT_EQ(healthy({1.3, 100, 99}), "");
}

TEST(ExplodingInTime, AdvisesClippingAndForAPlainCellAnotherWeight) {
  const auto kinds = [&](const std::string& cell) {
    std::vector<Remedy::Kind> all;
    const auto finding = found(exploding_in_time_rule(), {1.3, 100, 99}, examination_of(cell));
    for (const Remedy& remedy : finding->remedies) all.push_back(remedy.kind);
    return all;
  };
  EXPECT_THAT(kinds("LSTM"), ::testing::ElementsAre(Remedy::Kind::clip_gradients));
  EXPECT_THAT(kinds("RNN"),
              ::testing::ElementsAre(Remedy::Kind::keep_recurrence, Remedy::Kind::clip_gradients));
}

TEST(InTime, IsWhatTheSizeOfGradientsOverAllStepsIsNoQuestionOf) {
  Draw draw;
  draw.readings = {scalar_reading("end_to_end_gain", 1e-3)};
  const auto judged = [&](const Examination& examination) {
    return vanishing_rule().judge(examination, draw, Thresholds(), {});
  };
  Examination without_steps;
  without_steps.structure.layers.resize(2);
  EXPECT_TRUE(judged(without_steps));
  EXPECT_FALSE(judged(examination_of("LSTM")));
}

TEST(InTime, SaysNothingOfOtherNetworks) {
  EXPECT_FALSE(vanishing_in_time_rule().judge(Examination(), Draw(), Thresholds(), {}));
  EXPECT_FALSE(exploding_in_time_rule().judge(Examination(), Draw(), Thresholds(), {}));
  EXPECT_EQ(vanishing_in_time_rule().healthy(Examination(), Draw(), Thresholds(), {}), "");
}

}  // namespace
}  // namespace shatterproof::in_time_test
