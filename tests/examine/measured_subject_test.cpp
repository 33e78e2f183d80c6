// SPDX-License-Identifier: Apache-2.0
#include "shatterproof/examine/measured_subject.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "shatterproof/core/interrupt.h"
#include "shatterproof/examine/evaluation.h"
#include "shatterproof/examine/predicted.h"

namespace shatterproof::measured_subject_test {
namespace {

using ::testing::HasSubstr;
using ::testing::ThrowsMessage;

constexpr const char* kFamily = "feedforward:depth=3,width=8";

MeasureOptions two_draws() {
  MeasureOptions options;
  options.weights.count = 2;
  return options;
}

TEST(MeasuredSubject, HasAPathForWhatWantsOneAndIndependentExamplesForTheOthers) {
  const Subject subject = subject_of_family(kFamily);
  const MeasuredSubject both =
      measure(subject, {"gradient_autocorrelation", "gradient_correlation"}, two_draws());
  const MeasuredSubject path = measure(subject, {"gradient_autocorrelation"}, two_draws()),
                        apart = measure(subject, {"gradient_correlation"}, two_draws());
  EXPECT_THAT(path.context.inputs, HasSubstr("grid"));
  EXPECT_THAT(apart.context.inputs, HasSubstr("gaussian"));
  EXPECT_EQ(both.context.inputs, path.context.inputs) << "the first name's";
  ASSERT_EQ(both.readings.size(), path.readings.size() + apart.readings.size());
  EXPECT_EQ(both.readings.front().values, path.readings.front().values);
  EXPECT_EQ(both.readings.back().values, apart.readings.back().values);
  EXPECT_EQ(both.predictions.size(), path.predictions.size() + apart.predictions.size());
  ASSERT_FALSE(both.predictions.empty());
}

TEST(MeasuredSubject, RefusesNoNamesUnknownOnesAndWhatNeedsOtherWeights) {
  const Subject subject = subject_of_family(kFamily);
  const auto asked = [&](const std::vector<std::string>& names) { measure(subject, names, two_draws()); };
  EXPECT_THAT([&] { asked({}); }, ThrowsMessage<std::invalid_argument>(HasSubstr("is missing")));
  EXPECT_THAT([&] { asked({"coactivations"}); },
              ThrowsMessage<std::invalid_argument>(HasSubstr("coactivation")));
  EXPECT_THAT([&] { asked({"effective_depth"}); },
              ThrowsMessage<std::invalid_argument>(HasSubstr("weights before training")));
}

TEST(MeasuredSubject, StopsWhenItsTokenAsks) {
  Cancellation token;
  token.request();
  MeasureOptions options = two_draws();
  options.cancellation = &token;
  EXPECT_THROW(measure(subject_of_family(kFamily), {"gradient_correlation"}, options), Interrupted);
}

TEST(Evaluation, RefusesAFamilyAndNoExamples) {
  SessionOptions options;
  EXPECT_THAT([&] { evaluate(subject_of_family(kFamily), options); },
              ThrowsMessage<std::invalid_argument>(HasSubstr("--inputs is missing")));
  options.examples.source = "gaussian";
  EXPECT_THAT([&] { evaluate(subject_of_family(kFamily), options); },
              ThrowsMessage<std::invalid_argument>(HasSubstr("trained weights")));
}

TEST(Predicted, SaysWhatItStandsOnInEveryRecord) {
  const Predicted all = predicted("feedforward:depth=5,norm=batch,input=9", {"gradient_correlation"},
                                  {.examples = 32, .batch_norm = "detached"});
  EXPECT_EQ(all.context.examples, 32);
  ASSERT_FALSE(all.predictions.empty());
  for (const PredictionRecord& one : all.predictions) {
    EXPECT_EQ(one.reading.name, "gradient_correlation");
    EXPECT_EQ(one.reading.functional, "sum");
    EXPECT_FALSE(one.assumes.empty());
  }
}

}  // namespace
}  // namespace shatterproof::measured_subject_test
