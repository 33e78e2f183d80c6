// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/command_runner.h"

namespace shatterproof::cli::explain_test {
namespace {

using testing::HasSubstr;

TEST(ExplainCommand, PrintsWhatANameIsInLinesThatFitATerminal) {
  const Ran ran = run({"explain", "exploding"});
  EXPECT_EQ(ran.code, kHealthy);
  EXPECT_EQ(ran.err, "");
  EXPECT_THAT(ran.out, testing::StartsWith("exploding   finding\n"));
  for (const char* title : {"\n  What healthy looks like\n", "\n  What to do\n", "\n  Where it is from\n"})
    EXPECT_THAT(ran.out, HasSubstr(title));
  for (const std::string& line : lines_of(ran.out)) EXPECT_LE(line.size(), 80U) << line;
}

TEST(ExplainCommand, SetsFormulasAsTheyAre) {
  EXPECT_THAT(run({"explain", "looks_linear"}).out, HasSubstr("\n      (W, -W) (rho(z); rho(-z)) = W z\n"));
}

TEST(ExplainCommand, PrintsEverythingThatBearsTheName) {
  const std::string out = run({"explain", "norm"}).out;
  EXPECT_THAT(out, HasSubstr("norm   option\n"));
  EXPECT_THAT(out, HasSubstr("family residual:norm="));
  EXPECT_THAT(out, HasSubstr("family feedforward:norm="));
}

TEST(ExplainCommand, AnswersATypoWithTheNearest) {
  const Ran ran = run({"explain", "shaterred"});
  EXPECT_EQ(ran.code, kBadInput);
  EXPECT_EQ(ran.out, "");
  EXPECT_THAT(ran.err, HasSubstr("near: shattered"));
}

}  // namespace
}  // namespace shatterproof::cli::explain_test
