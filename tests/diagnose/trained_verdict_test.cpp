// SPDX-License-Identifier: Apache-2.0
// What is said of weights that a training has moved: they have learned once, and are asked whether they would
// go on.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/diagnose/examinations.h"

namespace shatterproof::trained_verdict_test {
namespace {

Severity severity(const Examination& examination, const char* rule) {
  const Diagnosis diagnosis = diagnose(examination, Thresholds());
  const Finding* found = find(diagnosis.findings, rule);
  return found ? found->severity : Severity::info;
}

TEST(TrainedVerdict, OfWhatGoesOnLearningIsNoteAndOfWhatDoesNotIsWatch) {
  Examination examination = examination_of({sick_draw("end_to_end_gain", .005)});
  examination.initial_weights = false;
  EXPECT_EQ(severity(examination, "vanishing"), Severity::watch) << "it was not asked";
  examination.rehearsal = rehearsed(RehearsalVerdict::learns);
  EXPECT_EQ(severity(examination, "vanishing"), Severity::info);
  examination.rehearsal = rehearsed(RehearsalVerdict::stuck);
  EXPECT_EQ(severity(examination, "vanishing"), Severity::watch);
  EXPECT_EQ(severity(examination, "stuck"), Severity::info);
  examination.initial_weights = true;
  EXPECT_EQ(severity(examination, "vanishing"), Severity::critical);
}

TEST(TrainedVerdict, InputsThatItAnswersRightAreThoseOfItsTraining) {
  Examination examination = examination_of({healthy_draw()});
  examination.initial_weights = false;
  examination.inputs.real = true;
  examination.inputs.deviation = 70;
  examination.outputs.classes = 10;
  EXPECT_EQ(severity(examination, "unscaled_inputs"), Severity::watch) << "nobody knows";
  // Half of the way from .1 to 1 is .55.
  for (const auto& [accuracy, expected] : {std::pair(.54, Severity::watch), std::pair(.56, Severity::info)}) {
    examination.outputs.accuracy = accuracy;
    EXPECT_EQ(severity(examination, "unscaled_inputs"), expected) << accuracy;
  }
  examination.initial_weights = true;
  EXPECT_EQ(severity(examination, "unscaled_inputs"), Severity::watch);
}

}  // namespace
}  // namespace shatterproof::trained_verdict_test
