// SPDX-License-Identifier: Apache-2.0
#include "shatterproof/study/shard.h"

#include <gmock/gmock.h>

#include <algorithm>
#include <map>
#include <numeric>

namespace shatterproof::shard_test {
namespace {

using testing::HasSubstr;

std::optional<Shard> of(const std::map<std::string, std::string>& environment) {
  return shard_of_environment([&](const char* name) -> const char* {
    const auto found = environment.find(name);
    return found == environment.end() ? nullptr : found->second.c_str();
  });
}

std::string refusal(const std::function<void()>& act) {
  try {
    act();
  } catch (const std::invalid_argument& error) {
    return error.what();
  }
  return "nothing was refused";
}

TEST(Shard, IsReadAsOneOfSoMany) {
  EXPECT_EQ(parse_shard("3/16").index, 3);
  EXPECT_EQ(parse_shard("3/16").count, 16);
  EXPECT_TRUE(parse_shard("1/1").is_whole());
  EXPECT_EQ(parse_shard("3/16").text(), "3/16");
}

TEST(Shard, IsRefusedOutsideItsNumber) {
  for (const char* wrong : {"", "3", "/", "0/4", "5/4", "1/0", "a/4", "1/b", "1/2/3", "-1/4", "1.5/4"})
    EXPECT_THAT(refusal([&] { parse_shard(wrong); }), HasSubstr("--shard: must be I/N")) << wrong;
}

TEST(Shard, IsWhatTheEnvironmentSays) {
  EXPECT_FALSE(of({}));
  EXPECT_EQ(of({{"SLURM_ARRAY_TASK_ID", "0"}, {"SLURM_ARRAY_TASK_COUNT", "4"}})->text(), "1/4");
  EXPECT_EQ(of({{"SLURM_ARRAY_TASK_ID", "7"},
                {"SLURM_ARRAY_TASK_COUNT", "4"},
                {"SLURM_ARRAY_TASK_MIN", "1"},
                {"SLURM_ARRAY_TASK_MAX", "10"},
                {"SLURM_ARRAY_TASK_STEP", "3"}})
                ->text(),
            "3/4");
  EXPECT_EQ(of({{"OMPI_COMM_WORLD_RANK", "3"}, {"OMPI_COMM_WORLD_SIZE", "4"}})->text(), "4/4");
  EXPECT_EQ(of({{"PMI_RANK", "0"}, {"PMI_SIZE", "2"}})->text(), "1/2");
  EXPECT_EQ(of({{"PMI_RANK", "0"}, {"PMI_SIZE", "2"}})->said_by, "PMI_RANK");
}

TEST(Shard, OfARankWithinATaskOfAnArrayIsOneOfAll) {
  std::vector<std::string> all;
  for (const char* task : {"1", "2"}) {
    for (const char* rank : {"0", "1", "2"})
      all.push_back(of({{"SLURM_ARRAY_TASK_ID", task},
                        {"SLURM_ARRAY_TASK_COUNT", "2"},
                        {"SLURM_ARRAY_TASK_MIN", "1"},
                        {"OMPI_COMM_WORLD_RANK", rank},
                        {"OMPI_COMM_WORLD_SIZE", "3"}})
                        ->text());
  }
  EXPECT_THAT(all, testing::ElementsAre("1/6", "2/6", "3/6", "4/6", "5/6", "6/6"));
}

TEST(Shard, OfAnEnvironmentThatContradictsItselfIsRefused) {
  EXPECT_THAT(refusal([] {
                of({{"SLURM_ARRAY_TASK_ID", "1"}});
              }),
              HasSubstr("SLURM_ARRAY_TASK_COUNT: must be set where SLURM_ARRAY_TASK_ID is"));
  EXPECT_THAT(refusal([] {
                of({{"SLURM_ARRAY_TASK_ID", "9"},
                    {"SLURM_ARRAY_TASK_COUNT", "3"},
                    {"SLURM_ARRAY_TASK_MIN", "1"},
                    {"SLURM_ARRAY_TASK_MAX", "9"}});
              }),
              HasSubstr("the array must be a range"));
  EXPECT_THAT(refusal([] {
                of({{"SLURM_ARRAY_TASK_ID", "1"},
                    {"SLURM_ARRAY_TASK_COUNT", "3"},
                    {"SLURM_ARRAY_TASK_MIN", "1"},
                    {"SLURM_ARRAY_TASK_MAX", "9"}});
              }),
              HasSubstr("3 tasks from 1 to 9"));
  EXPECT_THAT(refusal([] {
                of({{"OMPI_COMM_WORLD_RANK", "4"}, {"OMPI_COMM_WORLD_SIZE", "4"}});
              }),
              HasSubstr("4 of 4"));
  EXPECT_THAT(refusal([] {
                of({{"PMI_RANK", "x"}, {"PMI_SIZE", "4"}});
              }),
              HasSubstr("PMI_RANK: must be a whole number"));
}

TEST(Shard, EveryUnitIsInOneOfThemAndTheyDifferByAUnitAtMost) {
  std::vector<double> costs;
  for (int i = 0; i < 203; ++i) costs.push_back(1 + (i * 37) % 101);
  const double longest = *std::max_element(costs.begin(), costs.end());
  for (const int64_t count : {1, 2, 7, 16, 203, 300}) {
    std::vector<int> times(costs.size(), 0);
    std::vector<double> sums;
    for (int64_t index = 1; index <= count; ++index) {
      const std::vector<size_t> own = dealt(costs, {index, count, ""});
      EXPECT_TRUE(
          std::is_sorted(own.begin(), own.end(), [&](size_t a, size_t b) { return costs[a] > costs[b]; }));
      double sum = 0;
      for (const size_t position : own) {
        ++times[position];
        sum += costs[position];
      }
      sums.push_back(sum);
    }
    EXPECT_THAT(times, testing::Each(1)) << count;
    const auto [least, most] = std::minmax_element(sums.begin(), sums.end());
    EXPECT_LE(*most - *least, longest) << count;
  }
}

}  // namespace
}  // namespace shatterproof::shard_test
