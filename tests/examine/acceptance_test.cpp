// SPDX-License-Identifier: Apache-2.0
#include "shatterproof/examine/acceptance.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>

namespace shatterproof::acceptance_test {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

// Results of a check with these findings.
Results checked(const std::map<std::string, Severity>& findings) {
  Results results;
  results.context.network = "net";
  results.readings = {scalar_reading("gradient_correlation", .5)};
  for (const auto& [id, severity] : findings) {
    Finding one;
    one.id = id;
    one.severity = severity;
    results.findings.push_back(one);
  }
  results.verdicts = {{"watch", {}}};
  return results;
}

std::vector<std::string> refusing(const Acceptance& acceptance) {
  std::vector<std::string> ids;
  for (const WeighedFinding& one : acceptance.findings) {
    if (one.refuses) ids.push_back(one.finding.id);
  }
  return ids;
}

TEST(Acceptance, RefusesFromTheBarOn) {
  const Results results =
      checked({{"exploding", Severity::critical}, {"shattered", Severity::watch}, {"stuck", Severity::info}});
  EXPECT_THAT(refusing(acceptance(results, {})), ElementsAre("exploding"));
  EXPECT_THAT(refusing(acceptance(results, {Severity::watch, {}})), ElementsAre("exploding", "shattered"));
  EXPECT_TRUE(acceptance(checked({{"shattered", Severity::watch}}), {}).is_accepted());
  EXPECT_FALSE(acceptance(results, {}).is_accepted());
}

TEST(Acceptance, IgnoredRulesDecideNothingAndAreKept) {
  const Results results = checked({{"exploding", Severity::critical}});
  const Acceptance made = acceptance(results, {Severity::watch, {"exploding", "stuck", "stuck"}});
  EXPECT_TRUE(made.is_accepted());
  ASSERT_EQ(made.findings.size(), 1U);
  EXPECT_TRUE(made.findings.front().ignored);
  EXPECT_THAT(made.ignored_absent, ElementsAre("stuck"));
  try {
    acceptance(results, {Severity::watch, {"explodign"}});
    FAIL() << "an unknown rule ignores nothing";
  } catch (const std::invalid_argument& error) {
    EXPECT_THAT(error.what(), HasSubstr("unknown rule 'explodign'; did you mean 'exploding'?"));
  }
}

// Before, now, and whether a network is refused for it, with the bar on watch and on critical.
struct Change {
  std::optional<Severity> before;
  Severity now;
  bool on_watch, on_critical;
};

TEST(Acceptance, AgainstABaselineOnlyWhatIsNewOrWorseRefuses) {
  constexpr auto kNote = Severity::info, kWatch = Severity::watch, kCritical = Severity::critical;
  for (const Change& change :
       {Change{{}, kNote, false, false}, Change{{}, kWatch, true, false}, Change{{}, kCritical, true, true},
        Change{kNote, kWatch, true, false}, Change{kWatch, kWatch, false, false},
        Change{kWatch, kCritical, true, true}, Change{kCritical, kCritical, false, false},
        Change{kCritical, kWatch, false, false}}) {
    std::map<std::string, Severity> before;
    if (change.before) before["exploding"] = *change.before;
    const Results baseline = checked(before), now = checked({{"exploding", change.now}});
    EXPECT_EQ(!acceptance(now, {kWatch, {}}, &baseline).is_accepted(), change.on_watch)
        << to_string(change.now);
    EXPECT_EQ(!acceptance(now, {kCritical, {}}, &baseline).is_accepted(), change.on_critical)
        << to_string(change.now);
    EXPECT_TRUE(acceptance(now, {kWatch, {"exploding"}}, &baseline).is_accepted());
    EXPECT_EQ(acceptance(now, {kWatch, {}}, &baseline).findings.front().before, change.before);
  }
}

TEST(Acceptance, SaysHowTheBaselineWasMadeOtherwise) {
  Results baseline = checked({}), now = checked({});
  EXPECT_TRUE(acceptance(now, {}, &baseline).made_otherwise.empty());
  baseline.context.seeds = 5;
  now.context.seeds = 3;
  now.context.initializer = "he";
  EXPECT_THAT(acceptance(now, {}, &baseline).made_otherwise,
              ElementsAre("initial weights none, now 'he'", "seeds 5, now 3"));
}

TEST(Acceptance, ABaselineIsOfOneCheck) {
  Results of_cases = checked({});
  of_cases.cases.resize(2);
  Results unjudged = checked({});
  unjudged.verdicts.clear();
  for (const Results& wrong : {of_cases, unjudged}) {
    try {
      acceptance(checked({}), {}, &wrong);
      FAIL();
    } catch (const std::invalid_argument& error) {
      EXPECT_THAT(error.what(), HasSubstr("must be results of `check` of one network; got results"));
    }
  }
}

}  // namespace
}  // namespace shatterproof::acceptance_test
