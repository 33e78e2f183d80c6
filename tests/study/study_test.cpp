// SPDX-License-Identifier: Apache-2.0
#include "shatterproof/study/study.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <regex>

#include "shatterproof/core/error.h"
#include "shatterproof/study/catalog.h"
#include "study/trial.h"

namespace shatterproof::study_test {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

constexpr const char* kSmall = R"(
title = "small"
[settings]
seeds = 5
measure = "gradient_correlation"
[quick]
seeds = 2
keep_depth = [2]
[[case]]
name = "plain"
network = "feedforward:width=8"
depth = [2, 3]
  [[case.claim]]
  tap = "input"
  expected = [0.25, nan]
  seeds = 100
  provenance = "D"
[[case]]
name = "skips"
network = "residual:width=8"
depth = [2, 3]
inputs = "gaussian:16"
  [[case.claim]]
  tap = "input"
  relation = "at_least"
  than = "plain"
  provenance = "W"
)";

std::string refusal(const std::string& toml) {
  try {
    parse_study(toml, "x", false);
  } catch (const std::exception& error) {
    return error.what();
  }
  return "accepted";
}

std::string with(const std::string& addition) {
  return std::string(kSmall) + addition;
}

std::vector<std::string> names_of(const Study& study) {
  std::vector<std::string> names;
  for (const StudyCase& one : study.cases) names.push_back(one.name);
  return names;
}

TEST(ParseStudy, TakesMeasurementsWithOptions) {
  const Study study = parse_study(R"(
title = "options"
[[case]]
name = "noise"
noise = "white"
inputs = "grid:-1:1:8"
measure = "gradient_autocorrelation:lags=3"
  [[case.claim]]
  at = 1
  expected = -0.1
  provenance = "D"
)",
                                  "x", false);
  const StudyCase& one = study.cases.at(0);
  EXPECT_EQ(one.claims.at(0).reading, "gradient_autocorrelation");
  EXPECT_EQ(run_trial(one, 1).readings.at(0).values.size(), 4U);
}

TEST(ParseStudy, MakesACaseForEachDepth) {
  const Study study = parse_study(kSmall, "x", false);
  EXPECT_THAT(names_of(study),
              ElementsAre("plain, depth 2", "plain, depth 3", "skips, depth 2", "skips, depth 3"));
  EXPECT_EQ(*network_of(study.cases[1].source), "feedforward:width=8,depth=3");
  EXPECT_EQ(study.cases[1].at, (std::map<std::string, double>{{"depth", 3}}));
  EXPECT_EQ(study.cases[0].seeds, 5);
  EXPECT_EQ(study.cases[0].inputs, "gaussian:256");
  EXPECT_EQ(study.cases[2].inputs, "gaussian:16");
  EXPECT_THAT(study.cases[3].measurements, ElementsAre("gradient_correlation"));
}

TEST(ParseStudy, GivesEachDepthItsExpectationAndNoneWhereThereIsNone) {
  const Study study = parse_study(kSmall, "x", false);
  ASSERT_EQ(study.cases[0].claims.size(), 1U);
  EXPECT_EQ(study.cases[0].claims[0].expected, .25);
  EXPECT_EQ(study.cases[0].claims[0].standard_errors, 4);
  EXPECT_EQ(study.cases[0].claims[0].expected_seeds, 100);
  EXPECT_TRUE(study.cases[1].claims.empty());
  EXPECT_EQ(study.cases[3].claims[0].than, "plain, depth 3");
  EXPECT_EQ(study.cases[3].claims[0].relation, StudyClaim::Relation::at_least);
  EXPECT_EQ(study.cases[3].claims[0].standard_errors, 0);
}

TEST(ParseStudy, QuickHasFewerSeedsAndDepths) {
  const Study study = parse_study(kSmall, "x", true);
  EXPECT_THAT(names_of(study), ElementsAre("plain, depth 2", "skips, depth 2"));
  EXPECT_EQ(study.cases[0].seeds, 2);
}

TEST(ParseStudy, QuickCapsTheSeedsOfEveryCase) {
  std::string text = with("[[case]]\nname = 'many'\nnetwork = 'shallow'\nseeds = 40\n");
  const std::string cut = "seeds = 2\n";
  text.replace(text.find(cut), cut.size(), "most_seeds = 3\n");
  const Study study = parse_study(text, "x", true);
  for (const StudyCase& one : study.cases) EXPECT_EQ(one.seeds, 3) << one.name;
  EXPECT_EQ(parse_study(text, "x", false).cases.back().seeds, 40);
}

TEST(ParseStudy, OneClaimSpeaksOfManyPositions) {
  const Study study = parse_study(with(R"(
[[case]]
name = "curve"
network = "feedforward:depth=3"
  [[case.claim]]
  at = [1, 2]
  expected = [0.5, 0.6]
  provenance = "M"
)"),
                                  "x", false);
  ASSERT_EQ(study.cases.back().claims.size(), 2U);
  EXPECT_EQ(study.cases.back().claims[1].at, 2);
  EXPECT_EQ(study.cases.back().claims[1].expected, .6);
}

TEST(ParseStudy, RefusesWhatItDoesNotKnow) {
  EXPECT_THAT(refusal("title = 3"), HasSubstr("title must be a string; got 3"));
  EXPECT_THAT(refusal("title = 'a'"), HasSubstr("[[case]]"));
  EXPECT_THAT(refusal("titel = 'a'"), HasSubstr("unknown key 'titel'"));
  EXPECT_THAT(refusal("title = 'a"), HasSubstr("line 1"));
  EXPECT_THAT(refusal(with("[[case]]\nname='a'\nnetwork='shallow'\nsedes=3")),
              HasSubstr("unknown key 'sedes'"));
  EXPECT_THAT(refusal(with("[[case]]\nname='a'")), HasSubstr("one of network, noise and gates"));
  EXPECT_THAT(refusal(with("[[case]]\nname='a'\nnoise='pink'")), HasSubstr("unknown noise 'pink'"));
  EXPECT_THAT(refusal(with("[[case]]\nname='a'\nnetwork='shallow'\nseeds=0")), HasSubstr("seeds must be"));
  EXPECT_THAT(refusal(with("[[case]]\nname='plain, depth 2'\nnetwork='shallow'")), HasSubstr("twice"));
  const std::string a_case = "[[case]]\nname='a'\nnetwork='shallow'\n[[case.claim]]\nprovenance='D'\n";
  EXPECT_THAT(refusal(with(a_case)), HasSubstr("one of expected, prediction, than and diluted"));
  EXPECT_THAT(refusal(with(a_case + "than='b'")), HasSubstr("unknown case 'b'"));
  EXPECT_THAT(refusal(with(a_case + "expected=[1,2]")), HasSubstr("1 number or 1"));
  EXPECT_THAT(refusal(with(a_case + "expected=1\nrelation='near'")), HasSubstr("unknown relation 'near'"));
  EXPECT_THAT(refusal(with(a_case + "expected=1\nrelative_tolerance=-1")), HasSubstr("must not be negative"));
  EXPECT_THAT(refusal(with(a_case + "expected=1\nfactor=1")), HasSubstr("factor must be above 1"));
  EXPECT_THAT(refusal(with(a_case + "expected=inf")), HasSubstr("expected must be finite; got inf"));
  EXPECT_THAT(refusal(with(a_case + "diluted='b'\nquantity='block_growth'\nat=0\ntolerance=1")),
              HasSubstr("unknown case 'b'"));
  EXPECT_THAT(refusal(with(a_case + "diluted='a'")), HasSubstr("diluted is a block_growth"));
  EXPECT_THAT(refusal(with(a_case + "expected=1\nquantity='block_growth'\nat=0")),
              HasSubstr("no standard error"));
  EXPECT_THAT(
      refusal(with("[[case]]\nname='a'\nnetwork='shallow'\n[[case.claim]]\nexpected=1\nprovenance='X'")),
      HasSubstr("unknown provenance 'X'"));
  const std::string a_claim = "[[case]]\nname='b'\nnetwork='shallow'\n[[case.claim]]\n";
  EXPECT_THAT(refusal(with(a_claim + "expected=1\nrelation='at_most'\nprovenance='P'")),
              HasSubstr("P is a number that is printed"));
  EXPECT_THAT(refusal(with(a_claim + "than='plain'\nprovenance='M'")),
              HasSubstr("two of our own numbers are C"));
}

TEST(ParseStudy, RefusesAToleranceThatIsNoneAndNamesTheClaim) {
  const std::string claims =
      "[[case]]\nname='a'\nnetwork='shallow'\n[[case.claim]]\nexpected=1\nprovenance='D'\n"
      "[[case.claim]]\nexpected=1\nprovenance='D'\n";
  for (const std::string key : {"tolerance", "relative_tolerance", "least_relative_tolerance",
                                "standard_errors", "standard_error", "digit", "seeds"}) {
    for (const std::string value : {"inf", "-inf", "nan", "-1"}) {
      const std::string rule = value == "-1" ? " must not be negative" : " must be finite";
      EXPECT_EQ(refusal(with(claims + key + "=" + value)),
                "study x, case 3, claim 2: " + key + rule + "; got " + value);
    }
  }
  for (const std::string key : {"factor", "at"}) {
    for (const std::string value : {"inf", "nan"})
      EXPECT_THAT(refusal(with(claims + key + "=" + value)),
                  HasSubstr(key + " must be finite; got " + value));
  }
}

TEST(Studies, AreAllReadableBothWays) {
  EXPECT_FALSE(studies().empty());
  for (const StudyRecord& record : studies()) {
    const std::string name = std::string(record.paper) + "/" + std::string(record.name);
    for (const bool quick : {false, true}) {
      const std::vector<Study> found = load_studies(name, quick);
      ASSERT_EQ(found.size(), 1U) << name;
      size_t claims = 0;
      for (const StudyCase& one : found[0].cases) claims += one.claims.size();
      EXPECT_GT(claims, 0U) << name;
      EXPECT_FALSE(found[0].reference.empty()) << name;
      for (const StudyCase& one : found[0].cases) {
        for (const StudyClaim& claim : one.claims) EXPECT_FALSE(claim.provenance.empty()) << name << one.name;
      }
    }
  }
}

TEST(Studies, StandInTheTableOfTheirPage) {
  std::ifstream file(SHATTERPROOF_SOURCE "/docs/studies.md");
  std::vector<std::string> shown;
  const std::regex row("^\\| `([a-z_]+/[a-z_0-9]+)` \\|");
  std::smatch found;
  for (std::string line; std::getline(file, line);) {
    if (std::regex_search(line, found, row)) shown.push_back(found[1]);
  }
  std::vector<std::string> known;
  for (const StudyRecord& record : studies())
    known.push_back(std::string(record.paper) + "/" + std::string(record.name));
  EXPECT_THAT(shown, testing::UnorderedElementsAreArray(known));
}

TEST(Studies, AreFoundByPaperNameAndFullName) {
  const size_t all = load_studies("shattered_gradients", false).size();
  EXPECT_GE(all, 6U);
  EXPECT_EQ(load_studies("theorems", false).size(), 1U);
  EXPECT_THROW(load_studies("figure_99", false), std::invalid_argument);
  EXPECT_THROW(load_studies("nowhere.toml", false), IoError);
}

}  // namespace
}  // namespace shatterproof::study_test
