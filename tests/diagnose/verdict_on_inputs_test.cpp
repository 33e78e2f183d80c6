// SPDX-License-Identifier: Apache-2.0
// What inputs of another scale are blamed for, and what not.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "tests/diagnose/examinations.h"

namespace shatterproof::verdict_on_inputs_test {
namespace {

TEST(VerdictOnInputs, InputsThatAreOneNumberAreNamedAndNothingElse) {
  Examination examination = examination_of({sick_draw("end_to_end_gain", .005)});
  examination.examples = 64;
  examination.inputs = {.real = true, .deviation = 0};
  const Findings findings = diagnose(examination, Thresholds()).findings;
  const Finding& inputs = *find(findings, "unscaled_inputs");
  EXPECT_THAT(inputs.headline, ::testing::HasSubstr("all examples are the same"));
  EXPECT_EQ(find(findings, "vanishing")->cause, "unscaled_inputs");
  EXPECT_EQ(find(findings, "vanishing")->next, "");
}

TEST(VerdictOnInputs, InputsOfAnotherScaleAreTheCauseOfWhatFollows) {
  Examination examination = examination_of({sick_draw("end_to_end_gain", 7000)});
  examination.inputs.real = true;
  examination.inputs.deviation = 70;
  const Diagnosis diagnosis = diagnose(examination, Thresholds());
  ASSERT_EQ(diagnosis.findings.size(), 2U);
  EXPECT_EQ(diagnosis.findings[0].id, "unscaled_inputs");
  EXPECT_EQ(diagnosis.findings[0].remedies.at(0).kind, Remedy::Kind::standardize_inputs);
  EXPECT_EQ(diagnosis.findings[1].cause, "unscaled_inputs");
  examination.inputs.prepared = true;
  EXPECT_EQ(find(diagnose(examination, Thresholds()), "unscaled_inputs"), nullptr)
      << "the network scales them";
}

TEST(VerdictOnInputs, WhatInputsOfAnotherScaleDoToTheGainIsNotTheNetworks) {
  Examination examination = examination_of({sick_draw("end_to_end_gain", 70)});
  examination.inputs.real = true;
  examination.inputs.deviation = 70;
  EXPECT_EQ(find(diagnose(examination, Thresholds()), "exploding"), nullptr);
  examination.normalizes_batch = true;
  EXPECT_NE(find(diagnose(examination, Thresholds()), "exploding"), nullptr)
      << "norms see relative sizes only";
  examination = examination_of({sick_draw("end_to_end_gain", .02)});
  EXPECT_NE(find(diagnose(examination, Thresholds()), "vanishing"), nullptr);
  examination.inputs.real = true;
  examination.inputs.deviation = .02;
  EXPECT_EQ(find(diagnose(examination, Thresholds()), "vanishing"), nullptr);
}

TEST(VerdictOnInputs, AGainOfColumnsThatTheNetworkBringsToOneScaleIsNoGain) {
  Examination examination = examination_of({sick_draw("end_to_end_gain", 1e5)});
  examination.normalizes_batch = true;
  examination.inputs = {.real = true, .prepared = true, .deviation = 1e5, .deviation_ratio = 1e3};
  EXPECT_EQ(find(diagnose(examination, Thresholds()), "exploding"), nullptr);
  examination.inputs.deviation_ratio = 2;
  EXPECT_NE(find(diagnose(examination, Thresholds()), "exploding"), nullptr);
}

TEST(VerdictOnInputs, ImagesInBytesColumnsOfOtherScalesAndOffsetsAreNotScaled) {
  const auto headline = [](const InputFacts& inputs) {
    Examination examination = examination_of({healthy_draw()});
    examination.inputs = inputs;
    const Diagnosis diagnosis = diagnose(examination, Thresholds());
    const Finding* finding = find(diagnosis, "unscaled_inputs");
    return finding ? finding->headline : std::string("scaled");
  };
  InputFacts inputs{.real = true, .mean = .5, .deviation = .3, .greatest = 1};
  EXPECT_EQ(headline(inputs), "scaled") << "images from 0 to 1";
  inputs.largest_offset = 40;
  EXPECT_THAT(headline(inputs), testing::HasSubstr("40 deviations away"));
  inputs = {.real = true, .deviation_ratio = 1e5, .widest = "column 3"};
  EXPECT_THAT(headline(inputs), testing::HasSubstr("column 3 varies 1e+05 times as much as the others"));
  inputs = {.real = true, .mean = 70, .deviation = 8, .greatest = 255, .whole = true};
  EXPECT_THAT(headline(inputs), testing::HasSubstr("whole numbers from 0 to 255"));
}

TEST(VerdictOnInputs, OneScaleThatANormBehindTheFirstLayerTakesOutIsANote) {
  Examination examination = examination_of({healthy_draw()});
  examination.inputs = {.real = true, .normalized_behind = true, .deviation = 2600};
  EXPECT_EQ(find(diagnose(examination, Thresholds()).findings, "unscaled_inputs")->severity, Severity::info);
  examination.inputs.deviation_ratio = 1e5;
  EXPECT_EQ(find(diagnose(examination, Thresholds()).findings, "unscaled_inputs")->severity, Severity::watch)
      << "columns of several scales are not undone";
}

}  // namespace
}  // namespace shatterproof::verdict_on_inputs_test
