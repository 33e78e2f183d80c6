// SPDX-License-Identifier: Apache-2.0
#include "shatterproof/study/mutation.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>

#include "shatterproof/core/threads.h"
#include "shatterproof/study/catalog.h"

namespace shatterproof {
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
}  // namespace shatterproof
