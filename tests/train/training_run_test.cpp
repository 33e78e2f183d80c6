// SPDX-License-Identifier: Apache-2.0
#include "shatterproof/train/training_run.h"

#include <gmock/gmock.h>

#include <map>
#include <set>

#include "shatterproof/core/interrupt.h"
#include "tests/support/temporary_folder.h"
#include "tests/train/sample.h"

namespace shatterproof {
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
}  // namespace shatterproof
