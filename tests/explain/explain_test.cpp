// SPDX-License-Identifier: Apache-2.0
#include "shatterproof/explain/explain.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "explain/page.h"
#include "shatterproof/architecture/catalog.h"
#include "shatterproof/dataset/catalog.h"
#include "shatterproof/diagnose/catalog.h"
#include "shatterproof/experiment/catalog.h"
#include "shatterproof/initializer/catalog.h"
#include "shatterproof/network/operator.h"
#include "shatterproof/remedy/catalog.h"
#include "shatterproof/study/catalog.h"
#include "shatterproof/theory/catalog.h"
#include "shatterproof/train/optimizer.h"
#include "shatterproof/train/schedule.h"

namespace shatterproof::explain_test {
namespace {

using testing::HasSubstr;

// The one of that kind; fails the test where there is none.
Explanation of_kind(const std::string& name, const std::string& kind) {
  for (Explanation& one : explain(name)) {
    if (one.kind == kind) return std::move(one);
  }
  ADD_FAILURE() << name << " is no " << kind;
  return {};
}

std::string text_of(const Explanation& explanation, const std::string& title) {
  std::string text;
  for (const Passage& passage : explanation.passages) {
    if (passage.title != title) continue;
    for (const std::string& line : passage.lines) text += line + "\n";
  }
  return text;
}

bool has_number(const std::string& text) {
  return text.find_first_of("0123456789") != std::string::npos;
}

template <typename Records>
void expect_explained(const Records& records, const std::string& kind) {
  ASSERT_FALSE(records.empty());
  for (const auto& record : records) {
    const Explanation one = of_kind(std::string(record.name), kind);
    EXPECT_EQ(one.name, record.name);
    EXPECT_FALSE(one.sentence.empty()) << record.name;
    EXPECT_FALSE(one.passages.empty()) << record.name;
  }
}

TEST(Explain, KnowsEveryNameOfEveryCatalog) {
  expect_explained(measurements(), "measurement");
  expect_explained(theories(), "theory");
  expect_explained(remedies(), "remedy");
  expect_explained(families(), "family");
  expect_explained(initializers(), "initializer");
  expect_explained(initializer_aliases(), "initializer's other name");
  expect_explained(optimizers(), "optimizer");
  expect_explained(schedules(), "schedule");
  expect_explained(datasets(), "data set");
  expect_explained(operators(), "operator");
  expect_explained(Thresholds().all(), "threshold");
  for (const RuleRecord& rule : rules()) EXPECT_EQ(of_kind(rule.id, "finding").sentence, rule.sentence);
  for (const StudyRecord& study : studies())
    of_kind(std::string(study.paper) + "/" + std::string(study.name), "study");
}

TEST(Explain, GivesWhatItListsAndNothingThatIsEmpty) {
  for (const std::string& name : explained_names()) {
    const std::vector<Explanation> found = explain(name);
    ASSERT_FALSE(found.empty()) << name;
    for (const Explanation& one : found) {
      EXPECT_FALSE(one.kind.empty() || one.sentence.empty()) << name;
      for (const Passage& passage : one.passages) {
        EXPECT_FALSE(passage.title.empty() || passage.lines.empty()) << name << ": " << passage.title;
        for (const std::string& line : passage.lines)
          EXPECT_FALSE(line.empty()) << name << ": " << passage.title;
      }
    }
  }
}

TEST(Explain, SaysOfEveryMeasurementWhatHealthyLooksLikeInNumbersAndWhereItIsFrom) {
  for (const ExperimentRecord& record : measurements()) {
    const Explanation one = of_kind(record.name, "measurement");
    EXPECT_THAT(text_of(one, "Formula"), HasSubstr(record.formula)) << record.name;
    EXPECT_TRUE(has_number(text_of(one, "What healthy looks like"))) << record.name;
    EXPECT_THAT(text_of(one, "Where it is from"), HasSubstr(record.reference)) << record.name;
  }
}

TEST(Explain, SaysOfEveryFindingWhatToDoAndItsBoundsInNumbers) {
  for (const RuleRecord& rule : rules()) {
    const Explanation one = of_kind(rule.id, "finding");
    EXPECT_NE(text_of(one, "What to do"), "") << rule.id;
    EXPECT_NE(text_of(one, "Why it hurts"), "") << rule.id;
    if (!Thresholds().of(rule.id).empty()) {
      EXPECT_TRUE(has_number(text_of(one, "What healthy looks like"))) << rule.id;
    }
  }
}

TEST(Explain, HasPagesOfTheBuildAndNoneThatNobodyReaches) {
  for (const Page& page : pages()) {
    EXPECT_FALSE(page.text.empty()) << page.name;
    const bool of_a_record = page.name.starts_with("measurements/") || page.name.starts_with("findings/");
    if (of_a_record) explain(page.name.substr(page.name.find('/') + 1));  // throws on an unknown name
  }
}

TEST(Explain, TakesTheFormulaThatAParagraphAnnounces) {
  EXPECT_THAT(text_of(of_kind("arc_cosine", "theory"), "What real networks add"),
              HasSubstr("coactivation of layer l"));
}

TEST(Explain, TakesOptionsWordsAndSpecs) {
  EXPECT_THAT(text_of(of_kind("beta", "option"), "Of"), HasSubstr("residual:beta="));
  EXPECT_THAT(text_of(of_kind("--fail-on", "option of the command line"), "check"), HasSubstr("severity"));
  EXPECT_EQ(of_kind("fail-on", "option of the command line").name, "--fail-on") << "dashes may be left out";
  EXPECT_THAT(text_of(of_kind("detached", "word"), "The words"), HasSubstr("constants"));
  EXPECT_EQ(of_kind("residual:depth=5", "family").name, "residual");
  EXPECT_EQ(explain("looks_linear").front().kind, "initializer");
}

TEST(Explain, AnswersATypoWithTheNearestNames) {
  // One letter lost, doubled or exchanged in the middle of every longer name of the catalogs.
  for (const ExperimentRecord& record : measurements()) {
    const size_t middle = record.name.size() / 2;
    std::string lost = record.name, doubled = record.name;
    lost.erase(middle, 1);
    doubled.insert(middle, 1, doubled[middle]);
    for (const std::string& typo : {lost, doubled}) {
      try {
        explain(typo);
        ADD_FAILURE() << typo;
      } catch (const std::invalid_argument& refused) {
        EXPECT_THAT(refused.what(), HasSubstr(record.name));
      }
    }
  }
  EXPECT_THROW(explain(""), std::invalid_argument);
  EXPECT_THROW(explain("qqqqqqqqqq"), std::invalid_argument);
}

}  // namespace
}  // namespace shatterproof::explain_test
