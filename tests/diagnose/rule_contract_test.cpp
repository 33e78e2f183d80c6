// SPDX-License-Identifier: Apache-2.0
// What every rule of the catalog promises.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <set>

#include "shatterproof/diagnose/catalog.h"
#include "shatterproof/diagnose/thresholds.h"
#include "shatterproof/experiment/catalog.h"
#include "tests/diagnose/rule_examples.h"
#include "tests/diagnose/rule_page.h"

namespace shatterproof {
namespace {

using ::testing::HasSubstr;

template <typename Check>
void for_every_rule(Check check) {
  for (const RuleRecord& rule : rules()) {
    SCOPED_TRACE(rule.id);
    check(rule);
  }
}

bool is_rule(const std::string& id) {
  return std::any_of(rules().begin(), rules().end(), [&](const RuleRecord& rule) { return rule.id == id; });
}

TEST(EveryRule, HasAPageWithAFreshHead) {
  for_every_rule([](const RuleRecord& rule) {
    if (std::getenv("SHATTERPROOF_WRITE_PAGES")) write_page_head(rule);
    const std::string page = text_of(page_of(rule)), head = page_head(rule);
    EXPECT_EQ(page.substr(0, head.size()), head)
        << "run this test with SHATTERPROOF_WRITE_PAGES=1 to write the head anew";
    for (const char* section :
         {"## What it looks like", "## Why it hurts", "## What to do", "## When it is wrong"}) {
      EXPECT_THAT(page, HasSubstr(section));
    }
  });
}

TEST(EveryRule, RestsOnMeasurementsThatExistAndExplainsRulesThatExist) {
  for_every_rule([](const RuleRecord& rule) {
    for (const std::string& name : rule.rests_on) EXPECT_EQ(measurement_of(name).name, name);
    for (const std::string& id : rule.explains) {
      EXPECT_TRUE(is_rule(id)) << id;
      EXPECT_NE(id, rule.id);
    }
  });
}

// Explanations lead from causes to consequences, never in a circle.
TEST(EveryRule, StandsBeforeWhatItExplains) {
  std::set<std::string> passed;
  for_every_rule([&](const RuleRecord& rule) {
    for (const std::string& id : rule.explains) {
      const bool explains_back = std::any_of(rules().begin(), rules().end(), [&](const RuleRecord& other) {
        return other.id == id &&
               std::find(other.explains.begin(), other.explains.end(), rule.id) != other.explains.end();
      });
      EXPECT_TRUE(!passed.contains(id) || explains_back) << "explains " << id << ", which comes before it";
    }
    passed.insert(rule.id);
  });
}

TEST(EveryThreshold, BelongsToARuleOrToAdvice) {
  for (const Threshold& threshold : Thresholds().all()) {
    const std::string rule = threshold.name.substr(0, threshold.name.find('.'));
    EXPECT_TRUE(rule == "remedy" || is_rule(rule)) << threshold.name;
    EXPECT_FALSE(threshold.meaning.empty()) << threshold.name;
  }
}

std::string listed(const Checked& checked) {
  std::string text;
  for (const Finding& finding : checked.diagnosis.findings)
    text += finding.id + " (" + std::string(to_string(finding.severity)) + "): " + finding.headline + "\n";
  return text;
}

class OfRule : public testing::TestWithParam<RuleExample> {};

TEST_P(OfRule, ASickNetworkGetsTheFindingAndItsHealthyTwinDoesNot) {
  const auto [rule, sick, healthy] = GetParam();
  ASSERT_TRUE(is_rule(rule));
  const Checked found = check(sick.subject(), sick.options);
  const Finding* finding = find(found.diagnosis.findings, rule);
  ASSERT_TRUE(finding) << listed(found);
  EXPECT_FALSE(finding->headline.empty());
  EXPECT_FALSE(finding->why.empty());
  EXPECT_EQ(finding->severity == Severity::info, rule == "zero_init" || rule == "folded_normalization")
      << to_string(finding->severity);
  for (const std::string& name : measurements_of_rules())
    EXPECT_TRUE(find(found.readings, name)) << name << " was not measured";
  const Checked twin = check(healthy.subject(), healthy.options);
  EXPECT_FALSE(find(twin.diagnosis.findings, rule)) << listed(twin);
}

INSTANTIATE_TEST_SUITE_P(Rules, OfRule, testing::ValuesIn(rule_examples()),
                         [](const testing::TestParamInfo<RuleExample>& info) { return info.param.rule; });

TEST(EveryRule, HasASickNetworkAndAHealthyTwin) {
  const std::vector<RuleExample> examples = rule_examples();
  ASSERT_EQ(examples.size(), rules().size());
  for (size_t i = 0; i < examples.size(); ++i) EXPECT_EQ(examples[i].rule, rules()[i].id);
}

}  // namespace
}  // namespace shatterproof
