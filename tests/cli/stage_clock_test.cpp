// SPDX-License-Identifier: Apache-2.0
#include "cli/stage_clock.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sstream>

namespace shatterproof::cli::stage_clock_test {
namespace {

using testing::ContainsRegex;

TEST(StageClock, AddsWhatEachStageTookAndTheSumIsTheWhole) {
  double now = 100;
  StageClock clock([&] { return now; });
  now += 1;  // reading
  clock.enter("measuring");
  now += 2;
  clock.enter("measuring");
  now += 3;
  clock.enter("rehearsing");
  now += 4;
  clock.enter("measuring");  // goes on
  now += 10;
  std::ostringstream text;
  clock.print(text);
  EXPECT_THAT(text.str(), ContainsRegex("time\n  reading +1.00 s +5 %\n  measuring +15.00 s +75 %\n"
                                        "  rehearsing +4.00 s +20 %\n  in all +20.00 s"));
}

TEST(StageClock, SaysWhatIsLeftWhenPartsLastEquallyLong) {
  double now = 0;
  StageClock clock([&] { return now; });
  clock.enter("measuring");
  EXPECT_EQ(clock.share(0, 5), ": 0 of 5") << "nothing is known yet";
  now = 6;
  EXPECT_EQ(clock.share(2, 5), ": 2 of 5, 9 s left");
  EXPECT_EQ(clock.share(5, 5), ": 5 of 5");
  EXPECT_EQ(clock.share(0, 1), "") << "one part has no share";
  now = 600;
  EXPECT_EQ(clock.share(1, 3), ": 1 of 3, 20 minutes left");
}

TEST(StageClock, SaysWhatIsKnownSoFar) {
  StageClock clock([] { return 0.; });
  clock.know("exploding, shattered");
  EXPECT_EQ(clock.share(0, 1), "; so far: exploding, shattered");
  EXPECT_EQ(clock.share(0, 5), ": 0 of 5; so far: exploding, shattered");
}

}  // namespace
}  // namespace shatterproof::cli::stage_clock_test
