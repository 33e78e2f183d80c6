// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>

#include <cstdlib>

#include "shatterproof/results/reader.h"
#include "tests/cli/sample_files.h"
#include "tests/support/command_runner.h"

namespace shatterproof::cli::sweep_test {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

class SweepCommand : public testing::Test {
 protected:
  SweepCommand() { fs::remove_all(scratch() / "swept"); }
  ~SweepCommand() override {
    for (const char* name : {"SLURM_ARRAY_TASK_ID", "SLURM_ARRAY_TASK_COUNT", "PMI_RANK", "PMI_SIZE"})
      unsetenv(name);
  }

  static Ran sweep(const std::string& study, const std::string& folder, std::vector<std::string> more = {}) {
    std::vector<std::string> words = {"sweep", (samples() / study).string(), "--out", place(folder).string()};
    words.insert(words.end(), more.begin(), more.end());
    return run(words);
  }
  static fs::path place(const std::string& folder) { return scratch() / "swept" / folder; }
  static std::string results(const std::string& folder) { return bytes_of(place(folder) / "results.jsonl"); }
};

TEST_F(SweepCommand, AloneRunsAllUnitsAndMergesThem) {
  const Ran ran = sweep("swept.toml", "a");
  EXPECT_EQ(ran.code, kHealthy) << ran.err;
  EXPECT_THAT(ran.err, HasSubstr("1/1: 4 units in"));
  EXPECT_THAT(ran.err, HasSubstr("4 of 4 units: results are in"));
  const Results read = read_results((place("a") / "results.jsonl").string());
  ASSERT_EQ(read.cases.size(), 2U);
  EXPECT_EQ(read.cases[1].at.at("depth"), 4);
  ASSERT_EQ(read.readings.size(), 4U) << "a curve and its first value, of two depths";
  EXPECT_EQ(read.readings[0].n, 2);
  EXPECT_EQ(read.context.network, "swept");
}

TEST_F(SweepCommand, SharesMergeToTheBytesOfOneRun) {
  sweep("swept.toml", "one");
  EXPECT_EQ(sweep("swept.toml", "two", {"--shard", "1/2"}).code, kHealthy);
  const Ran early = sweep("swept.toml", "two", {"--merge"});
  EXPECT_EQ(early.code, kFindings);
  EXPECT_THAT(early.err, HasSubstr("2 of 4 units are not finished; `shatterproof sweep "));
  EXPECT_THAT(early.err, HasSubstr("swept.toml --out " + place("two").string() + "` goes on with them"));
  EXPECT_FALSE(fs::exists(place("two") / "results.jsonl"));
  EXPECT_EQ(sweep("swept.toml", "two", {"--status"}).code, kFindings);
  EXPECT_EQ(sweep("swept.toml", "two", {"--shard", "2/2"}).code, kHealthy);
  EXPECT_EQ(sweep("swept.toml", "two", {"--status"}).code, kHealthy);
  for (int again = 0; again < 2; ++again) {
    EXPECT_EQ(sweep("swept.toml", "two", {"--merge"}).code, kHealthy);
    EXPECT_EQ(results("two"), results("one"));
  }
  for (const char* unit : {"4", "1", "3", "2"})
    EXPECT_EQ(sweep("swept.toml", "single", {"--unit", unit}).code, kHealthy);
  sweep("swept.toml", "single", {"--merge"});
  EXPECT_EQ(results("single"), results("one"));
}

TEST_F(SweepCommand, TakesTheShareThatTheEnvironmentSays) {
  setenv("SLURM_ARRAY_TASK_ID", "1", 1);
  setenv("SLURM_ARRAY_TASK_COUNT", "4", 1);
  EXPECT_THAT(sweep("swept.toml", "a").err, HasSubstr("shard 2/4, as SLURM_ARRAY_TASK_ID says"));
  EXPECT_THAT(sweep("swept.toml", "a", {"--status"}).out, HasSubstr("done     1\n"));
  EXPECT_EQ(sweep("swept.toml", "a", {"--shard", "1/1"}).code, kHealthy) << "what is said goes before";
  setenv("SLURM_ARRAY_TASK_ID", "one", 1);
  const Ran wrong = sweep("swept.toml", "b");
  EXPECT_EQ(wrong.code, kBadInput);
  EXPECT_THAT(wrong.err, HasSubstr("SLURM_ARRAY_TASK_ID: must be a whole number from 0; got 'one'"));
}

TEST_F(SweepCommand, ListsEveryUnitWithTheTimeItMayTake) {
  const Ran ran = run({"sweep", (samples() / "swept.toml").string(), "--list-units"});
  EXPECT_EQ(ran.code, kHealthy) << ran.err;
  const std::vector<std::string> lines = lines_of(ran.out);
  ASSERT_EQ(lines.size(), 6U);
  EXPECT_THAT(lines[4], HasSubstr("depth 4"));
  EXPECT_THAT(lines[5], HasSubstr("4 units, about"));
  EXPECT_FALSE(fs::exists(scratch() / "swept"));
}

TEST_F(SweepCommand, AUnitThatFailsIsNamedAndIsTheExitCode) {
  const Ran ran = sweep("partly_impossible.toml", "a");
  EXPECT_EQ(ran.code, kFindings);
  EXPECT_THAT(ran.err, HasSubstr("unit 4, width 8, heads 3, seed 1: "));
  EXPECT_THAT(ran.err, HasSubstr("3 of 4 units, 1 failed: results are in"));
  EXPECT_THAT(sweep("partly_impossible.toml", "a", {"--status"}).out, HasSubstr("failed   1"));
  const Results read = read_results((place("a") / "results.jsonl").string());
  EXPECT_EQ(read.coverage.back().skipped.size(), 1U);
}

TEST_F(SweepCommand, JudgesTheClaimsOfAnyStudy) {
  EXPECT_EQ(sweep("small.toml", "holds").code, kHealthy);
  const Ran failing = sweep("failing.toml", "fails");
  EXPECT_EQ(failing.code, kFindings);
  EXPECT_THAT(failing.out, HasSubstr("FAILS"));
}

}  // namespace
}  // namespace shatterproof::cli::sweep_test
