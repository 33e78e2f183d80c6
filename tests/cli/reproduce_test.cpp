// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "shatterproof/results/reader.h"
#include "tests/cli/sample_files.h"
#include "tests/support/command_runner.h"

namespace shatterproof::cli::reproduce_test {
namespace {

using nlohmann::json;
using testing::HasSubstr;

Ran reproduce(const char* study, std::vector<std::string> more = {}) {
  std::vector<std::string> words = {"reproduce", (samples() / study).string(), "--out",
                                    (scratch() / "results").string()};
  words.insert(words.end(), more.begin(), more.end());
  return run(words);
}

TEST(Reproduce, PrintsEveryClaimAndWritesTheResults) {
  const Ran ran = reproduce("small.toml");
  EXPECT_EQ(ran.code, kHealthy) << ran.err;
  EXPECT_THAT(ran.out, HasSubstr("holds  gradient_autocorrelation at lag 0 equals 1"));
  EXPECT_THAT(ran.out, HasSubstr("1 of 1 claims hold"));
  const Results results = read_results((scratch() / "results" / "small.jsonl").string());
  ASSERT_EQ(results.claims.size(), 1U);
  EXPECT_EQ(results.claims[0].case_name, "a");
  ASSERT_EQ(results.cases.size(), 1U);
  EXPECT_EQ(results.cases[0].network, "feedforward:depth=2,width=8");
  EXPECT_EQ(results.cases[0].inputs, "grid:-1:1:16");
  EXPECT_EQ(results.cases[0].initializer, "he");
  EXPECT_EQ(results.cases[0].seeds, 2);
  EXPECT_TRUE(results.claims[0].pass);
  ASSERT_FALSE(results.readings.empty());
  EXPECT_EQ(results.readings[0].case_name, "a");
  EXPECT_EQ(results.coverage.size(), 1U);
  EXPECT_FALSE(std::filesystem::exists(scratch() / "results" / "small.cases"));
}

TEST(Reproduce, AClaimThatFailsIsTheExitCode) {
  const Ran ran = reproduce("failing.toml");
  EXPECT_EQ(ran.code, kFindings);
  EXPECT_THAT(ran.out, HasSubstr("FAILS  gradient_autocorrelation at lag 0 equals 2"));
}

TEST(Reproduce, AStudyThatClaimsNothingIsSaidToHaveJudgedNothing) {
  const Ran ran = reproduce("silent.toml");
  EXPECT_EQ(ran.code, kHealthy) << ran.err;
  EXPECT_THAT(ran.out, HasSubstr("nothing is claimed here, so nothing was judged"));
  EXPECT_THAT(ran.out, testing::Not(HasSubstr("claims hold")));
}

TEST(Reproduce, PrintsJsonLinesWhenAsked) {
  const Ran ran = reproduce("small.toml", {"--json", "-"});
  EXPECT_EQ(ran.code, kHealthy) << ran.err;
  std::vector<std::string> kinds;
  for (const std::string& line : lines_of(ran.out)) kinds.push_back(json::parse(line)["kind"]);
  EXPECT_EQ(kinds.front(), "context");
  EXPECT_THAT(kinds, testing::Contains("claim"));
  EXPECT_EQ(kinds.back(), "coverage");
}

TEST(List, KnowsTheStudies) {
  EXPECT_THAT(run({"list", "studies"}).out, HasSubstr("shattered_gradients/figure_2"));
}

}  // namespace
}  // namespace shatterproof::cli::reproduce_test
