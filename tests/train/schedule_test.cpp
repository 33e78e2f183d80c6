// SPDX-License-Identifier: Apache-2.0
#include "shatterproof/train/schedule.h"

#include <fmt/format.h>
#include <gmock/gmock.h>

#include <cmath>

#include "shatterproof/train/auto_schedule.h"

namespace shatterproof::schedule_test {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::ThrowsMessage;
using Advice = Schedule::Advice;

double factor(const std::string& spec, int64_t step, int64_t epochs = 10) {
  return make_schedule(spec)->factor({step, 100, epochs});
}

TEST(Schedule, ConstantIsOne) {
  EXPECT_EQ(factor("constant", 0), 1);
  EXPECT_EQ(factor("constant", 999), 1);
}

TEST(Schedule, StepFallsAfterWholeEpochs) {
  EXPECT_EQ(factor("step:every=3,factor=0.5", 299), 1);
  EXPECT_EQ(factor("step:every=3,factor=0.5", 300), .5);
  EXPECT_EQ(factor("step:every=3,factor=0.5", 900), .125);
}

TEST(Schedule, CosineGoesFromOneToItsLeast) {
  EXPECT_EQ(factor("cosine", 0), 1);
  EXPECT_NEAR(factor("cosine", 500), .5, 1e-15);
  EXPECT_NEAR(factor("cosine:least=0.2", 500), .6, 1e-15);
  EXPECT_NEAR(factor("cosine:least=0.2", 1000), .2, 1e-15);
}

TEST(Schedule, WarmUpRisesLinearlyAndEndsAtOne) {
  EXPECT_DOUBLE_EQ(factor("constant:warm_up=2", 0), 1. / 200);
  EXPECT_DOUBLE_EQ(factor("constant:warm_up=2", 99), .5);
  EXPECT_EQ(factor("constant:warm_up=2", 199), 1);
  EXPECT_NEAR(factor("cosine:warm_up=2", 600), .5, 1e-15) << "half of the eight epochs after the warm-up";
  EXPECT_DOUBLE_EQ(factor("cosine:warm_up=20", 499), .25) << "training ends halfway up";
  EXPECT_DOUBLE_EQ(factor("cosine:warm_up=10", 999), 1);
}

TEST(Schedule, EveryOptionAtItsDefaultChangesNothing) {
  for (const ScheduleRecord& record : schedules()) {
    EXPECT_FALSE(record.sentence.empty());
    EXPECT_FALSE(record.formula.empty());
    for (const OptionRecord& option : record.options) {
      const std::string spec = fmt::format("{}:{}={}", record.name, option.name, option.otherwise);
      for (const int64_t step : {0, 400, 999})
        EXPECT_EQ(factor(spec, step), factor(record.name, step)) << spec;
    }
  }
}

TEST(Schedule, EveryRecordSaysWhetherTheNumberOfEpochsMatters) {
  for (const ScheduleRecord& record : schedules()) {
    const std::unique_ptr<Schedule> schedule = make_schedule(record.name);
    bool differs = false;
    for (int64_t step = 0; step < 200; ++step)
      differs = differs || schedule->factor({step, 10, 20}) != schedule->factor({step, 10, 40});
    EXPECT_EQ(differs, record.depends_on_epochs) << record.name;
  }
}

TEST(Schedule, WhatIsUnknownOrOutOfRangeIsRefused) {
  EXPECT_THAT([] { make_schedule("cosin"); }, ThrowsMessage<std::invalid_argument>(AllOf(
                                                  HasSubstr("did you mean 'cosine'"), HasSubstr("auto"))));
  for (const char* spec :
       {"cosine:lest=1", "cosine:least=2", "step:every=0", "step:factor=0", "step:factor=nan",
        "constant:warm_up=-1", "auto:window=1", "auto:drop=1", "auto:patience=0"}) {
    EXPECT_THROW(make_schedule(spec), std::invalid_argument) << spec;
  }
  for (const AutoScheduleOptions& options :
       {AutoScheduleOptions{.drop = INFINITY}, AutoScheduleOptions{.progress_factor = INFINITY},
        AutoScheduleOptions{.least_accuracy = NAN}}) {
    EXPECT_THROW(AutoSchedule{options}, std::invalid_argument);
  }
}

// Feeds losses that fall by `fall` an epoch; the advice after the last of them.
Advice feed(AutoSchedule& schedule, int64_t epochs, double fall, double accuracy = .5) {
  static double loss = 0;
  Advice advice = Advice::go_on;
  for (int64_t i = 0; i < epochs; ++i) {
    loss -= fall;
    advice = schedule.after_epoch({.train_loss = loss, .train_accuracy = accuracy});
  }
  return advice;
}

double rate(const AutoSchedule& schedule) {
  return schedule.factor({});
}

TEST(AutoSchedule, KeepsTheRateWhileTheLossFalls) {
  AutoSchedule schedule;
  EXPECT_EQ(feed(schedule, 100, .0016), Advice::go_on);
  EXPECT_EQ(rate(schedule), 1);
}

TEST(AutoSchedule, DropsAfterFiveIdleEpochsOnceTenLossesAreThere) {
  AutoSchedule schedule;
  feed(schedule, 13, .0014);  // epochs 10 to 13 are idle
  EXPECT_EQ(rate(schedule), 1);
  feed(schedule, 1, .0014);
  EXPECT_EQ(rate(schedule), 1. / 8);
}

TEST(AutoSchedule, AsksForTwoThirdsOfTheProgressAfterADrop) {
  AutoSchedule schedule;
  feed(schedule, 14, .00125);
  feed(schedule, 40, .0011);  // above .0015 * 2/3
  EXPECT_EQ(rate(schedule), 1. / 8);
  AutoSchedule other;
  feed(other, 14, .0009);
  feed(other, 4, .0009);
  EXPECT_EQ(rate(other), 1. / 8);
  feed(other, 1, .0009);
  EXPECT_EQ(rate(other), 1. / 64);
}

TEST(AutoSchedule, TheThirdDropStops) {
  AutoSchedule schedule;
  EXPECT_EQ(feed(schedule, 14, 0), Advice::go_on);
  EXPECT_EQ(feed(schedule, 5, 0), Advice::go_on);
  EXPECT_EQ(feed(schedule, 4, 0), Advice::go_on);
  EXPECT_EQ(feed(schedule, 1, 0), Advice::stop);
}

TEST(AutoSchedule, AsksForNewWeightsWhenTheFirstStageLearnedNothing) {
  AutoSchedule schedule({.redraws = 1});
  EXPECT_EQ(feed(schedule, 14, 0, .119), Advice::redraw);
  EXPECT_EQ(rate(schedule), 1) << "the new weights begin at the full rate";
  EXPECT_EQ(feed(schedule, 14, 0, .119), Advice::go_on) << "once only";
  EXPECT_EQ(rate(schedule), 1. / 8);
}

TEST(AutoSchedule, AsksForNewWeightsInTheFirstStageOnly) {
  AutoSchedule schedule;
  EXPECT_EQ(feed(schedule, 14, 0, .121), Advice::go_on);
  EXPECT_EQ(rate(schedule), 1. / 8);
  EXPECT_EQ(feed(schedule, 5, 0, .119), Advice::go_on);
  EXPECT_EQ(rate(schedule), 1. / 64);
}

TEST(AutoSchedule, GoesOnFromItsState) {
  AutoSchedule straight, first;
  feed(straight, 13, 0);
  feed(first, 13, 0);
  AutoSchedule second;
  second.restore(first.state());
  feed(straight, 1, 0);
  feed(second, 1, 0);
  EXPECT_EQ(rate(second), rate(straight));
  EXPECT_EQ(rate(second), 1. / 8);
  EXPECT_THROW(second.restore({1}), std::invalid_argument);
}

}  // namespace
}  // namespace shatterproof::schedule_test
