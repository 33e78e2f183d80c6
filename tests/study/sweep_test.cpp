// SPDX-License-Identifier: Apache-2.0
#include "shatterproof/study/sweep.h"

#include <gmock/gmock.h>

#include <fstream>
#include <numeric>
#include <sstream>

#include "shatterproof/core/error.h"
#include "shatterproof/core/interrupt.h"
#include "shatterproof/study/shard.h"
#include "study/sweep_worker.h"
#include "study/trial_store.h"
#include "tests/support/temporary_folder.h"

namespace shatterproof::sweep_test {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

constexpr const char* kToml = R"(
title = "t"
[settings]
seeds = 3
inputs = "gaussian:16"
measure = "gradient_correlation"
[[case]]
name = "gates"
gates = "feedforward:depth=2,width=8,input=9"
[sweep]
network = "feedforward:width=8,input=4"
[sweep.axes]
norm = ["none", "batch"]
depth = [2, 6]
[[sweep.claim]]
relation = "at_most"
expected = 1.0000001
provenance = "D"
)";

// Only both together are impossible: three heads do not share eight numbers.
constexpr const char* kFailing = R"(
title = "t"
[sweep]
network = "transformer_pre_norm:tokens=2,input=12,depth=1"
inputs = "gaussian:8"
seeds = 2
measure = "gradient_correlation"
[sweep.axes]
width = [12, 8]
heads = [1, 3]
)";

Study study(const char* toml = kToml) {
  return parse_study(toml, "some/where/x.toml", false);
}

std::vector<size_t> all_of(const Sweep& sweep) {
  std::vector<size_t> positions(sweep.units().size());
  std::iota(positions.begin(), positions.end(), size_t{0});
  return positions;
}

std::string text_of(const Reproduction& all) {
  std::ostringstream text;
  ResultsWriter writer(text);
  write(writer, all);
  writer.close();
  return text.str();
}

class SweepTest : public testing::Test {
 protected:
  fs::path place(const std::string& name) const { return folder_.path() / name; }
  std::string in_one_run(const char* toml = kToml) const {
    Sweep sweep(study(toml), {.folder = place("one")});
    sweep.run(all_of(sweep), 1, "1/1");
    return text_of(sweep.merge(1));
  }

  TemporaryFolder folder_;
};

TEST_F(SweepTest, UnitsAreCasesTimesSeedsAndDeeperOnesCostMore) {
  const Sweep sweep(study(), {.folder = place("a")});
  ASSERT_EQ(sweep.units().size(), 13U) << "gates are one";
  EXPECT_EQ(sweep.study().name, "x");
  EXPECT_EQ(sweep.units()[1].number, 2);
  EXPECT_EQ(sweep.units()[3].seed, 3U);
  const double shallow = sweep.units()[1].seconds, deep = sweep.units()[4].seconds;
  EXPECT_GT(deep, shallow);
}

TEST_F(SweepTest, ShardsInAnyOrderMergeToTheBytesOfOneRun) {
  const std::string whole = in_one_run();
  for (const int64_t count : {2, 5, 20}) {
    const fs::path place_of_all = place(std::to_string(count));
    for (int64_t index = count; index >= 1; --index) {
      Sweep sweep(study(), {.folder = place_of_all});
      const SweepProgress made =
          sweep.run(dealt(sweep.costs(), {index, count, ""}), index % 2 + 1, "a shard");
      EXPECT_TRUE(made.is_done());
    }
    const Sweep sweep(study(), {.folder = place_of_all});
    EXPECT_EQ(text_of(sweep.merge(2)), whole);
    EXPECT_EQ(text_of(sweep.merge(1)), whole) << "again";
  }
}

TEST_F(SweepTest, SaysTheSameAsReproduceDoes) {
  Sweep sweep(study(), {.folder = place("a")});
  sweep.run(all_of(sweep), 2, "1/1");
  const Reproduction merged = sweep.merge(1), reproduced = reproduction(sweep.study(), {});
  ASSERT_EQ(merged.results.size(), reproduced.results.size());
  for (size_t i = 0; i < merged.results.size(); ++i) {
    ASSERT_EQ(merged.results[i].readings.size(), reproduced.results[i].readings.size());
    for (size_t k = 0; k < merged.results[i].readings.size(); ++k)
      EXPECT_EQ(merged.results[i].readings[k].values, reproduced.results[i].readings[k].values);
  }
  EXPECT_EQ(merged.claims.size(), 4U);
  EXPECT_EQ(merged.context.date, "");
}

TEST_F(SweepTest, GoesOnWhereItWasStopped) {
  {
    Sweep sweep(study(), {.folder = place("a")});
    EXPECT_THROW(sweep.run(all_of(sweep), 1, "1/1",
                           [](const SweepProgress& now) {
                             if (now.made == 4) request_interrupt();
                           }),
                 Interrupted);
    clear_interrupt();
    EXPECT_EQ(sweep.status().done, 4);
    EXPECT_THROW(sweep.merge(1), IoError);
  }
  Sweep sweep(study(), {.folder = place("a")});
  const SweepProgress made = sweep.run(all_of(sweep), 1, "1/1");
  EXPECT_EQ(made.kept, 4);
  EXPECT_EQ(made.made, 9);
  EXPECT_EQ(text_of(sweep.merge(1)), in_one_run());
}

TEST_F(SweepTest, AUnitThatTwoWereGivenCountsOnce) {
  Sweep one(study(), {.folder = place("a")}), other(study(), {.folder = place("a")});
  SweepProgress of_other;
  const SweepProgress of_one = one.run(all_of(one), 1, "1/1", [&](const SweepProgress& now) {
    if (now.made == 2 && of_other.units == 0) of_other = other.run(all_of(other), 1, "1/1");
  });
  EXPECT_EQ(of_other.kept, 2);
  EXPECT_EQ(of_other.made, 11);
  EXPECT_EQ(of_one.made, 2);
  EXPECT_EQ(of_one.kept, 11) << "what the other has made meanwhile is not made again";
  EXPECT_TRUE(of_one.is_done());
  EXPECT_EQ(one.status().done, 13);
  EXPECT_EQ(text_of(one.merge(1)), in_one_run());
}

TEST_F(SweepTest, WhatAnotherBuildHasMadeDoesNotCount) {
  Sweep sweep(study(), {.folder = place("a")});
  const TrialStore another(place("a") / "units", "another build");
  for (const StudyCase& one : sweep.study().cases)
    another.keep(one, 1, {{scalar_reading("gradient_correlation", 7)}, {}});
  EXPECT_EQ(sweep.status().foreign, 5);
  EXPECT_EQ(sweep.status().done, 0);
  EXPECT_THROW(sweep.merge(1), IoError);
  EXPECT_EQ(sweep.run(all_of(sweep), 1, "1/1").made, 13);
  EXPECT_EQ(text_of(sweep.merge(1)), in_one_run());
}

TEST_F(SweepTest, AFileOfTheRightNameThatSaysOtherwiseIsMadeAgain) {
  Sweep sweep(study(), {.folder = place("a")});
  sweep.run(all_of(sweep), 1, "1/1");
  const fs::path file = fs::directory_iterator(place("a") / "units")->path();
  fs::resize_file(file, fs::file_size(file) / 2);
  EXPECT_THROW(sweep.merge(1), IoError);
  EXPECT_EQ(sweep.run(all_of(sweep), 1, "1/1").made, 1);
  EXPECT_EQ(text_of(sweep.merge(1)), in_one_run());
}

TEST_F(SweepTest, AUnitThatFailsIsKeptWithItsReasonAndTheOthersGoOn) {
  Sweep sweep(study(kFailing), {.folder = place("a")});
  const SweepProgress made = sweep.run(all_of(sweep), 2, "1/1");
  EXPECT_EQ(made.made, 6);
  EXPECT_EQ(made.failed, 2);
  EXPECT_FALSE(made.is_done());
  EXPECT_EQ(sweep.status().failed, 2);
  const std::vector<FailedUnit> failures = sweep.failures(10);
  ASSERT_EQ(failures.size(), 2U);
  EXPECT_EQ(failures[0].number, 7);
  EXPECT_EQ(failures[0].case_name, "width 8, heads 3");
  EXPECT_THAT(failures[0].reason, HasSubstr("heads"));
  const Reproduction merged = sweep.merge(1);
  EXPECT_TRUE(merged.results[3].readings.empty());
  ASSERT_EQ(merged.results[3].coverage.skipped.size(), 2U);
  EXPECT_EQ(merged.results[3].coverage.skipped[1].node, "seed 2");
  EXPECT_EQ(text_of(merged), in_one_run(kFailing));
  EXPECT_EQ(sweep.run(all_of(sweep), 1, "1/1").failed, 2) << "tried again";
}

TEST_F(SweepTest, AFailureThatWasMendedIsForgotten) {
  const TrialStore store(place("a"), "one");
  StudyCase one;
  one.source = NoiseSeries{"white"};
  store.keep_failure(one, 1, "out of memory");
  EXPECT_EQ(store.failure(one, 1), "out of memory");
  EXPECT_FALSE(store.failure(one, 2));
  EXPECT_FALSE(store.find(one, 1));
  store.keep(one, 1, {{scalar_reading("effective_rank", .1)}, {}});
  EXPECT_FALSE(store.failure(one, 1));
}

TEST_F(SweepTest, WhatNoCombinationCanBeIsRefusedBeforeAnythingRuns) {
  const Study misspelt = parse_study(
      "title = \"t\"\n[sweep]\nnetwork = \"feedforward\"\nmeasure = \"gradient_correlation\"\n"
      "[sweep.axes]\ndepth = [2]\nnorm = [\"none\", \"bach\"]\n",
      "x", false);
  EXPECT_THROW(Sweep(misspelt, {.folder = place("a")}), std::invalid_argument);
}

TEST_F(SweepTest, ACheckedCaseHasASeverityAndWhatWasFound) {
  constexpr const char* kChecked = R"(
title = "t"
[sweep]
network = "feedforward:width=16,input=8,norm=batch"
inputs = "gaussian:32"
seeds = 2
check = true
[sweep.axes]
depth = [2, 30]
)";
  Sweep sweep(study(kChecked), {.folder = place("a")});
  sweep.run(all_of(sweep), 1, "1/1");
  const Reproduction merged = sweep.merge(1);
  ASSERT_EQ(merged.results.size(), 2U);
  const Reading* healthy = find(merged.results[0].readings, "severity");
  const Reading* sick = find(merged.results[1].readings, "severity");
  ASSERT_NE(healthy, nullptr);
  ASSERT_NE(sick, nullptr);
  EXPECT_EQ(healthy->value(), 0);
  EXPECT_GT(sick->value(), 0);
  EXPECT_EQ(sick->n, 2);
  ASSERT_FALSE(merged.results[1].findings.empty());
  EXPECT_EQ(merged.results[1].findings[0].case_name, "depth 30");
  EXPECT_THAT(merged.results[1].findings[0].confidence, HasSubstr("of 2 draws"));
  EXPECT_EQ(text_of(merged), in_one_run(kChecked));
}

TEST_F(SweepTest, StatusKnowsWhoIsAtWork) {
  Sweep sweep(study(), {.folder = place("a")});
  EXPECT_EQ(sweep.status().workers, 0);
  SweepStatus during;
  sweep.run(all_of(sweep), 1, "2/3", [&](const SweepProgress& now) {
    if (now.made == 5) during = sweep.status();
  });
  EXPECT_EQ(during.workers, 1);
  EXPECT_EQ(during.done, 5);
  EXPECT_EQ(during.machines.size(), 1U);
  EXPECT_EQ(sweep.status().workers, 0) << "it has ended";
  EXPECT_EQ(workers_of(place("a") / "workers").at(0).done, 13);
  std::ofstream(place("a") / "workers" / "torn.json") << "{\"pid\": 1";
  EXPECT_EQ(workers_of(place("a") / "workers").size(), 1U);
}

TEST_F(SweepTest, ARunKnowsWhatRunsElsewhere) {
  fs::create_directories(place("a") / "workers");
  const auto worker = [&](const std::string& machine, double heard) {
    std::ofstream(place("a") / "workers" / (machine + ".json"))
        << "{\"machine\":\"" << machine
        << "\",\"pid\":7,\"share\":\"1/2\",\"threads\":4,\"units\":9,\"done\":6,"
        << "\"failed\":1,\"made_seconds\":1,\"seconds\":1,\"heard\":" << std::to_string(heard)
        << ",\"ended\":false}";
  };
  worker("near", seconds_now());
  worker("silent", seconds_now() - 100);
  Sweep sweep(study(), {.folder = place("a")});
  int64_t elsewhere = 0;
  sweep.run(all_of(sweep), 1, "1/1", [&](const SweepProgress& now) { elsewhere = now.elsewhere; });
  EXPECT_EQ(elsewhere, 2) << "two of its nine units are left";
  EXPECT_EQ(sweep.status().workers, 1);
}

TEST_F(SweepTest, AFolderThatCannotBeWrittenStopsTheRunAndIsNoFailureOfAUnit) {
  std::ofstream(place("file")) << "x";
  Sweep sweep(study(), {.folder = place("file")});
  EXPECT_THROW(sweep.run(all_of(sweep), 1, "1/1"), IoError);
}

}  // namespace
}  // namespace shatterproof::sweep_test
