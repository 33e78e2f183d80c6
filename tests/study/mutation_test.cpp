// SPDX-License-Identifier: Apache-2.0
#include "shatterproof/study/mutation.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>

#include "shatterproof/core/threads.h"
#include "shatterproof/study/catalog.h"

namespace shatterproof::mutation_test {
namespace {

using testing::HasSubstr;

const std::string kStudy = R"(
title = "two"
[settings]
inputs = "grid:-2:2:64"
seeds = 12
measure = ["gradient_autocorrelation"]
[[case]]
name = "deep"
network = "feedforward:norm=center,width=60"
depth = [3, 9]
  [[case.claim]]
  at = [1]
  relation = "at_most"
  expected = 0.9
  provenance = "D"
[[case]]
name = "white"
noise = "white"
  [[case.claim]]
  at = 1
  expected = -0.0156
  provenance = "D"
)";

Study with(const std::string& mutation) {
  return parse_study(kStudy + "[[mutation]]\n" + mutation, "two", false);
}

std::string network_of_case(const Study& study, size_t index) {
  return *network_of(study.cases.at(index).source);
}

TEST(Mutation, ReplacesOptionsOfTheNetworksItNames) {
  const Study study = with("name = \"m\"\ncase = \"deep\"\noptions = \"norm=none,width=30\"");
  const Study wrong = mutated(study, study.mutations.at(0));
  EXPECT_EQ(network_of_case(wrong, 0), "feedforward:norm=none,width=30,depth=3");
  EXPECT_EQ(network_of_case(wrong, 1), "feedforward:norm=none,width=30,depth=9");
  EXPECT_EQ(wrong.cases[2].key(), study.cases[2].key());
  EXPECT_EQ(wrong.cases[0].claims.size(), study.cases[0].claims.size());
  EXPECT_EQ(wrong.cases[1].name, "deep, depth 9");
}

TEST(Mutation, ReplacesSettingsAndNetworksAtTheirDepth) {
  const Study study =
      with("name = \"m\"\ncase = [\"deep, depth 9\"]\nnetwork = \"residual\"\ninitializer = \"glorot\"");
  const Study wrong = mutated(study, study.mutations.at(0));
  EXPECT_EQ(network_of_case(wrong, 0), network_of_case(study, 0));
  EXPECT_EQ(network_of_case(wrong, 1), "residual:depth=9");
  EXPECT_EQ(wrong.cases[1].initializer, "glorot");
}

TEST(Mutation, PutsOneCaseInThePlaceOfAnother) {
  const Study study = with("name = \"m\"\ncase = \"deep, depth 3\"\nlike = \"white\"");
  EXPECT_EQ(mutated(study, study.mutations.at(0)).cases[0].key(), study.cases[2].key());
}

constexpr const char* kSwept = R"(
title = "two"
[[case]]
name = "white"
noise = "white"
inputs = "grid:-2:2:64"
measure = "gradient_autocorrelation"
[sweep]
network = "feedforward:width=8"
inputs = "grid:-2:2:64"
seeds = 2
measure = "gradient_autocorrelation"
[sweep.axes]
norm = ["none", "center"]
depth = [2, 4]
[[sweep.claim]]
at = 1
relation = "at_most"
expected = 0.999
provenance = "D"
)";

Study swept(const std::string& mutation) {
  return parse_study(fmt::format("{}[[mutation]]\nname = \"m\"\n{}", kSwept, mutation), "two", false);
}

TEST(Mutation, OfASweepKeepsWhatItsCasesDifferIn) {
  for (const char* mutation : {"like = \"white\"", "options = \"width=16\""}) {
    const Study study = swept(mutation);
    const Study wrong = mutated(study, study.mutations.at(0));
    ASSERT_EQ(wrong.axes.size(), 2U);
    for (size_t i = 0; i < study.cases.size(); ++i) {
      EXPECT_EQ(wrong.cases[i].name, study.cases[i].name);
      EXPECT_EQ(wrong.cases[i].at, study.cases[i].at);
      EXPECT_EQ(wrong.cases[i].choices, study.cases[i].choices);
      EXPECT_EQ(wrong.cases[i].cell, study.cases[i].cell);
    }
    const std::vector<NoticedMutation> all = notice_mutations(study, {.threads = 2});
    ASSERT_EQ(all.size(), 2U);
    EXPECT_EQ(all[1].claims.size(), 4U);
  }
}

TEST(Mutation, IsOfTheCaseAtTheSamePlaceOfASweep) {
  const Study study =
      swept("case = \"norm none, depth 2\"\nlike = \"norm none, depth 2\"\noptions = \"width=16\"");
  EXPECT_EQ(network_of_case(mutated(study, study.mutations[0]), 1), "feedforward:width=16,norm=none,depth=2");
}

TEST(Mutation, TimesCasesIsBounded) {
  std::string depths = "1";
  for (int depth = 2; depth <= 101; ++depth) depths += ", " + std::to_string(depth);
  std::string text = fmt::format(
      "title = \"many\"\n[[case]]\nname = \"deep\"\nnetwork = \"feedforward\"\n"
      "measure = \"gradient_autocorrelation\"\ndepth = [{}]\n",
      depths);
  for (int i = 0; i < 100; ++i) text += "[[mutation]]\nname = \"m\"\noptions = \"width=8\"\n";
  try {
    parse_study(text, "many", false);
    ADD_FAILURE() << "100 times 101 are taken";
  } catch (const std::invalid_argument& error) {
    EXPECT_STREQ(error.what(), "study many: mutations times cases may be at most 10000; got 100 times 101");
  }
}

TEST(Mutation, ThatIsNoneIsRefused) {
  const std::pair<const char*, const char*> refused[] = {
      {"case = \"deep\"", "name must be given"},
      {"name = \"m\"\ncase = \"shallow\"\noptions = \"width=3\"", "case must name cases; got 'shallow'"},
      {"name = \"m\"\nlike = \"shallow\"", "like must name a case"},
      {"name = \"m\"\ncase = \"deep\"\noptions = \"width=60\"", "must change a case"},
      {"name = \"m\"\ncase = \"deep\"\nwidht = 3", "unknown key"}};
  for (const auto& [mutation, says] : refused) {
    try {
      with(mutation);
      ADD_FAILURE() << mutation;
    } catch (const std::invalid_argument& error) {
      EXPECT_THAT(error.what(), HasSubstr(says));
    }
  }
}

TEST(Mutation, IsNoticedByTheClaimsThatItBreaks) {
  const Study study = with("name = \"brown\"\nnoise = \"brown\"\ncase = \"white\"");
  const std::vector<NoticedMutation> all = notice_mutations(study, {.threads = 2});
  ASSERT_EQ(all.size(), 2U);
  EXPECT_EQ(all[0].failed, 0);
  EXPECT_EQ(all[1].name, "brown");
  EXPECT_EQ(all[1].failed, 1);
  EXPECT_FALSE(all[1].claims.at(2).pass);
}

}  // namespace
}  // namespace shatterproof::mutation_test
