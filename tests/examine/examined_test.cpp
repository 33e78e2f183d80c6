// SPDX-License-Identifier: Apache-2.0
// What a check tells of what its rules were given.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "shatterproof/diagnose/catalog.h"
#include "shatterproof/examine/check.h"

namespace shatterproof::examined_test {
namespace {

std::vector<std::pair<std::string, Severity>> found_by(const Diagnosis& diagnosis) {
  std::vector<std::pair<std::string, Severity>> found;
  for (const Finding& finding : diagnosis.findings) found.emplace_back(finding.id, finding.severity);
  return found;
}

TEST(Examined, IsJudgedAnewByOtherThresholdsWithoutAnotherMeasurement) {
  CheckOptions options;
  options.examples.count = 64;
  options.weights.scheme = "gaussian:std=.12";
  options.weights.count = 1;
  std::optional<Examination> told;
  options.examined = [&](const Examination& examination) { told = examination; };
  const Checked checked =
      check(subject_of_family("feedforward:input=16,width=24,depth=8,output=4,activation=tanh"), options);
  ASSERT_TRUE(told);
  EXPECT_TRUE(told->rehearsal) << "with what trying it showed";
  EXPECT_EQ(found_by(diagnose(*told, Thresholds())), found_by(checked.diagnosis));
  ASSERT_NE(find(checked.diagnosis.findings, "vanishing"), nullptr);
  Thresholds lax;
  lax.set("vanishing.watch_gain", 1e-12);
  EXPECT_EQ(find(diagnose(*told, lax).findings, "vanishing"), nullptr);
}

}  // namespace
}  // namespace shatterproof::examined_test
