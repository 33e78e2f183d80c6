// SPDX-License-Identifier: Apache-2.0
// How often studies that run as they should fail a claim by chance.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <iostream>

#include "shatterproof/core/threads.h"
#include "shatterproof/study/catalog.h"
#include "shatterproof/study/judge.h"
#include "shatterproof/study/reproduce.h"

namespace shatterproof::false_alarm_test {
namespace {

// Sets of seeds that each study runs on, none of them that of `reproduce`.
int repeats() {
  const char* asked = std::getenv("SHATTERPROOF_STUDY_REPEATS");
  return asked == nullptr ? 1 : std::max(1, std::atoi(asked));
}

class FalseAlarms : public testing::TestWithParam<const char*> {};

TEST_P(FalseAlarms, AreNone) {
  constexpr uint64_t kApart = 10'000;  // more than any study has seeds
  const Study study = load_studies(GetParam(), true).front();
  int64_t judged = 0, failed = 0;
  for (int repeat = 1; repeat <= repeats(); ++repeat) {
    const ReproduceOptions options{.threads = available_threads(),
                                   .first_seed = kApart * static_cast<uint64_t>(repeat)};
    for (const Claim& claim : judge(study, reproduce(study, options))) {
      ++judged;
      failed += claim.pass ? 0 : 1;
      EXPECT_TRUE(claim.pass) << "set " << repeat << ", " << claim.case_name << ": " << claim.sentence
                              << "; measured " << claim.measured << ", within " << claim.tolerance;
    }
  }
  std::cout << study.name << ": " << failed << " of " << judged << " claims failed, " << repeats()
            << " sets of seeds\n";
}

INSTANTIATE_TEST_SUITE_P(OfQuickStudies, FalseAlarms,
                         testing::Values("shattered_gradients/figure_1", "shattered_gradients/figure_2",
                                         "shattered_gradients/figure_2_without_centering",
                                         "shattered_gradients/figure_3", "shattered_gradients/theorems",
                                         "gradients_explode/dilution", "gradients_explode/widths"));

}  // namespace
}  // namespace shatterproof::false_alarm_test
