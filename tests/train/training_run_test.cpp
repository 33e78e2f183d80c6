// SPDX-License-Identifier: Apache-2.0
#include "shatterproof/train/training_run.h"

#include <gmock/gmock.h>

#include <map>
#include <set>

#include "shatterproof/core/interrupt.h"
#include "tests/support/full_disk.h"
#include "tests/support/temporary_folder.h"
#include "tests/train/sample.h"

namespace shatterproof::training_run_test {
namespace {

namespace fs = std::filesystem;

class TrainingRun : public ::testing::Test {
 protected:
  void TearDown() override {
    clear_interrupt();
    fs::remove_all(folder_);
  }

  TrainingRunOptions options() const {
    TrainingRunOptions run;
    run.live = {LiveMeasurement::parse("gradient_confusion@2"), LiveMeasurement::parse("sign_diversity@1e")};
    run.probe = sample_examples(network_, 8);
    return run;
  }
  TrainingRunOptions kept() const {
    TrainingRunOptions run = options();
    run.checkpoints = folder_;
    run.resume = true;
    return run;
  }
  TrainingResult trained(const TrainingRunOptions& run) const {
    Trainer trainer(network_, {.epochs = 2, .batch = 8}, sample_examples(network_, 24));
    return run_training(trainer, run);
  }
  // Ctrl-C comes when so many steps are made, or as many readings taken; then all goes on.
  TrainingResult interrupted(int64_t steps, size_t readings) const {
    TrainingRunOptions run = kept();
    size_t taken = 0;
    run.after_step = [&](const Trainer& trainer) {
      if (trainer.steps_made() == steps) request_interrupt();
    };
    run.after_reading = [&](const Reading&) {
      if (++taken == readings) request_interrupt();
    };
    EXPECT_THROW(trained(run), Interrupted);
    clear_interrupt();
    return trained(kept());
  }

  const Network network_ = sample_network();
  TemporaryFolder temporary_;
  const fs::path folder_ = temporary_.path();
};

void expect_same(const TrainingResult& result, const TrainingResult& straight) {
  ASSERT_EQ(result.epochs.size(), straight.epochs.size());
  for (size_t i = 0; i < straight.epochs.size(); ++i)
    EXPECT_EQ(result.epochs[i].train_loss, straight.epochs[i].train_loss);
  ASSERT_EQ(result.readings.size(), straight.readings.size());
  for (size_t i = 0; i < straight.readings.size(); ++i) {
    EXPECT_EQ(result.readings[i].name, straight.readings[i].name) << i;
    EXPECT_EQ(result.readings[i].case_name, straight.readings[i].case_name) << i;
    EXPECT_EQ(result.readings[i].values, straight.readings[i].values) << i;
  }
}

TEST_F(TrainingRun, TellsTheSameInTheSameOrderWhereverCtrlCHits) {
  std::vector<std::string> told;
  const auto listening = [&](TrainingRunOptions run) {
    told.clear();
    run.checkpoint_every = 1;
    run.after_reading = [&](const Reading& reading) {
      told.push_back(reading.case_name + " " + reading.name);
    };
    run.after_epoch = [&](const EpochRecord& epoch) {
      told.push_back("epoch " + std::to_string(epoch.epoch));
    };
    return run;
  };
  trained(listening(options()));
  const std::vector<std::string> straight = told;
  ASSERT_EQ(std::count(straight.begin(), straight.end(), "epoch 1"), 1);
  for (const int64_t step : {1, 3, 4, 6}) {
    interrupted(step, 0);
    TrainingRunOptions again = listening(kept());
    trained(again);
    EXPECT_EQ(told, straight) << step;
    fs::remove_all(folder_);
  }
}

TEST_F(TrainingRun, GoesOnAfterTheDiskWasFull) {
  const TrainingResult straight = trained(options());
  TrainingRunOptions run = kept();
  run.checkpoint_every = 1;
  std::optional<FullDisk> full;
  run.after_step = [&](const Trainer& trainer) {
    if (trainer.steps_made() == 3) full.emplace();
  };
  EXPECT_THROW(trained(run), IoError);
  full.reset();
  const TrainingResult resumed = trained(kept());
  EXPECT_EQ(resumed.resumed_at, 2);
  expect_same(resumed, straight);
}

TEST_F(TrainingRun, OfOtherMeasurementsIsNoneToGoOnWith) {
  interrupted(2, 0);
  TrainingRunOptions fewer = kept(), other_probe = kept();
  fewer.live.pop_back();
  other_probe.probe = sample_examples(network_, 9);
  for (TrainingRunOptions* run : {&fewer, &other_probe}) {
    EXPECT_THAT([&] { trained(*run); },
                ::testing::ThrowsMessage<std::invalid_argument>(::testing::HasSubstr("same measurements")));
    run->resume_anyway = true;
    EXPECT_NO_THROW(trained(*run));
  }
}

TEST_F(TrainingRun, MeasuresEverySoManyStepsOrEpochs) {
  std::map<std::string, std::set<std::string>> steps;
  for (const Reading& reading : trained(options()).readings) steps[reading.name].insert(reading.case_name);
  EXPECT_THAT(steps["gradient_confusion"], ::testing::ElementsAre("step 0", "step 2", "step 4", "step 6"));
  EXPECT_THAT(steps["sign_diversity"], ::testing::ElementsAre("step 0", "step 3", "step 6"));
}

TEST_F(TrainingRun, MeasuresOnceWhereItIsDueWhereverCtrlCHits) {
  const TrainingResult straight = trained(options());
  ASSERT_EQ(straight.readings.front().case_name, "step 0");
  ASSERT_EQ(straight.readings.back().case_name, "step 6");
  for (const int64_t step : {1, 2, 3, 6}) {
    SCOPED_TRACE(step);
    expect_same(interrupted(step, 0), straight);
    fs::remove_all(folder_);
  }
  for (const size_t reading : {size_t{1}, straight.readings.size() / 2}) {
    SCOPED_TRACE(reading);
    expect_same(interrupted(-1, reading), straight);
    fs::remove_all(folder_);
  }
}

}  // namespace
}  // namespace shatterproof::training_run_test
