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

namespace shatterproof::rule_contract_test {
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

// Of two that explain each other the first one is the cause.
bool is_cause(size_t cause, size_t effect) {
  const auto explains = [](size_t a, size_t b) {
    const std::vector<std::string>& explained = rules()[a].explains;
    return std::find(explained.begin(), explained.end(), rules()[b].id) != explained.end();
  };
  return explains(cause, effect) && !(cause > effect && explains(effect, cause));
}

TEST(Rules, ExplainEachOtherInNoCircle) {
  std::vector<bool> is_settled(rules().size());
  const auto settles_one = [&] {
    for (size_t effect = 0; effect < rules().size(); ++effect) {
      bool is_last = !is_settled[effect];
      for (size_t cause = 0; cause < rules().size(); ++cause)
        is_last = is_last && (is_settled[cause] || !is_cause(cause, effect));
      if (!is_last) continue;
      is_settled[effect] = true;
      return true;
    }
    return false;
  };
  while (settles_one()) {
  }
  for (size_t i = 0; i < rules().size(); ++i) EXPECT_TRUE(is_settled[i]) << rules()[i].id;
}

TEST(EveryThreshold, BelongsToARuleOrToAdvice) {
  const Thresholds thresholds;
  for (const Threshold& threshold : thresholds.all()) {
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
  static const std::set<std::string> kNotes = {"zero_init", "folded_normalization", "mismatched_loss"};
  EXPECT_EQ(finding->severity == Severity::info, kNotes.contains(rule)) << to_string(finding->severity);
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
}  // namespace shatterproof::rule_contract_test
