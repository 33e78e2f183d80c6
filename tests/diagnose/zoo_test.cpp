// SPDX-License-Identifier: Apache-2.0
// A zoo of labelled networks: each sick one gets its finding, and is critical exactly where it does not
// learn; no healthy one gets more than a note.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "shatterproof/examine/check.h"
#include "tests/diagnose/zoo.h"

namespace shatterproof::zoo_test {
namespace {

// Three draws, the first of them rehearsed.
Checked examined(const Subject& subject, const std::string& scheme) {
  CheckOptions options;
  options.weights = {.scheme = scheme, .count = 3};
  options.examples.count = 128;
  options.predicts = false;
  options.rehearsal_seconds = 120;  // never what ends it: verdicts are those of any machine
  return check(subject, options);
}

std::string listed(const Checked& checked) {
  std::string text;
  for (const Finding& finding : checked.diagnosis.findings)
    text += finding.id + " (" + std::string(to_string(finding.severity)) + ") ";
  if (checked.rehearsal)
    text += std::string(to_string(checked.rehearsal->verdict)) + ": " + checked.rehearsal->reason;
  return text;
}

std::string name_of(const testing::TestParamInfo<Animal>& info) {
  return info.param.name;
}

class Sick : public testing::TestWithParam<Animal> {};
TEST_P(Sick, GetsItsFindingAndIsCriticalWhereItDoesNotLearn) {
  const Checked checked = examined(subject_of(GetParam()), GetParam().scheme);
  const Finding* finding = find(checked.diagnosis.findings, GetParam().sickness);
  ASSERT_TRUE(finding) << listed(checked);
  if (GetParam().fits == Fits::by_chance) return;
  EXPECT_GE(finding->severity, Severity::watch) << listed(checked);
  EXPECT_EQ(worst(checked.diagnosis) == Severity::critical, GetParam().fits == Fits::no) << listed(checked);
}
INSTANTIATE_TEST_SUITE_P(Zoo, Sick, testing::ValuesIn(sick_animals()), name_of);

class Healthy : public testing::TestWithParam<Animal> {};
TEST_P(Healthy, GetsNoMoreThanANote) {
  const Checked checked = examined(subject_of(GetParam()), GetParam().scheme);
  EXPECT_EQ(worst(checked.diagnosis), Severity::info) << listed(checked);
  EXPECT_EQ(checked.rehearsal->verdict, RehearsalVerdict::learns) << listed(checked);
}
INSTANTIATE_TEST_SUITE_P(Zoo, Healthy, testing::ValuesIn(healthy_animals()), name_of);

TEST(Zoo, ATransformerBlockWithLayerNormIsHealthy) {
  const Checked checked = examined(subject_of_network(transformer_blocks(2)), "lecun");
  EXPECT_EQ(worst(checked.diagnosis), Severity::info) << listed(checked);
}

}  // namespace
}  // namespace shatterproof::zoo_test
