// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "shatterproof/results/reader.h"
#include "tests/support/command_runner.h"

namespace shatterproof::cli::compare_test {
namespace {

using testing::HasSubstr;
using testing::Not;

constexpr const char* kSick = "feedforward:depth=30,width=40,norm=batch,input=40,output=10";
constexpr const char* kWell = "feedforward:depth=2,width=40,norm=batch,input=40,output=10";

std::vector<std::string> compared(const std::string& a, const std::string& b,
                                  std::vector<std::string> more = {}) {
  std::vector<std::string> words = {"compare", a, b, "--seeds", "3", "--no-rehearsal"};
  words.insert(words.end(), more.begin(), more.end());
  return words;
}

TEST(CompareCommand, OfANetworkWithItselfFindsNothing) {
  const Ran ran = run(compared(kSmallFamily, kSmallFamily, {"--fail-on", "worse"}));
  EXPECT_EQ(ran.code, kHealthy) << ran.err;
  EXPECT_THAT(ran.out, HasSubstr("findings  the same findings\n"));
  EXPECT_THAT(ran.out, HasSubstr("readings  0 of "));
  EXPECT_THAT(ran.out, Not(HasSubstr("\n  * ")));
}

TEST(CompareCommand, FailsOnWorseOneWayAndNotTheOther) {
  const Ran worse = run(compared(kWell, kSick, {"--fail-on", "worse"}));
  EXPECT_EQ(worse.code, kFindings) << worse.err;
  EXPECT_THAT(worse.out, HasSubstr("findings  B is worse\n"));
  EXPECT_THAT(worse.out, HasSubstr("gained: exploding (not found -> watch)"));
  EXPECT_THAT(worse.out, HasSubstr("\n  *  "));
  const Ran better = run(compared(kSick, kWell, {"--fail-on", "worse"}));
  EXPECT_EQ(better.code, kHealthy);
  EXPECT_THAT(better.out, HasSubstr("lost: exploding (watch -> not found)"));
  EXPECT_EQ(run(compared(kWell, kSick)).code, kHealthy) << "nobody asked to fail";
}

TEST(CompareCommand, WritesALineAndTablesForAPullRequest) {
  const std::string out = run(compared(kWell, kSick, {"--markdown"})).out;
  EXPECT_THAT(out, testing::StartsWith("**B is worse** (`"));
  EXPECT_THAT(out, HasSubstr("\n| finding | A | B |\n|---|---|---|\n"));
  EXPECT_THAT(out, HasSubstr("| `gradient_scale_coefficient`* |"));
}

TEST(CompareCommand, TakesResultsFilesAndWritesBothIntoOne) {
  const std::string a = (scratch() / "a.jsonl").string(), b = (scratch() / "b.jsonl").string(),
                    both = (scratch() / "both.jsonl").string(), page = (scratch() / "both.html").string();
  run({"check", kWell, "--seeds", "3", "--no-rehearsal", "--json", a});
  run({"check", kSick, "--seeds", "3", "--no-rehearsal", "--json", b});
  const Ran of_files = run({"compare", a, b, "--json", both, "--report", page});
  EXPECT_EQ(of_files.code, kHealthy) << of_files.err;
  EXPECT_EQ(of_files.out.substr(0, of_files.out.find("report    ")), run(compared(kWell, kSick)).out)
      << "a file says what the check behind it said";
  const Ran ignored = run({"compare", a, b, "--seeds", "4"});
  EXPECT_EQ(ignored.code, kBadInput) << "results were made with theirs";
  EXPECT_THAT(ignored.err, HasSubstr("--seeds: speaks of networks; A and B are results"));
  const Results read = read_results(both);
  EXPECT_EQ(read.cases.size(), 2U);
  EXPECT_THAT(bytes_of(both), HasSubstr(R"("differs":true)"));
  EXPECT_THAT(bytes_of(page), HasSubstr("<html"));
}

TEST(CompareCommand, OfResultsThatShareNothingSaysSoInOneLine) {
  const std::string a = (scratch() / "one.jsonl").string(), b = (scratch() / "other.jsonl").string();
  run({"measure", kSmallFamily, "effective_rank", "--seeds", "2", "--json", a});
  run({"measure", kSmallFamily, "end_to_end_gain", "--seeds", "2", "--json", b});
  const Ran ran = run({"compare", a, b});
  EXPECT_EQ(ran.code, kBadInput);
  EXPECT_EQ(ran.out, "");
  EXPECT_EQ(ran.err,
            "shatterproof: compare: the results must have readings of the same names and places in common; "
            "got none\n");
}

}  // namespace
}  // namespace shatterproof::cli::compare_test
