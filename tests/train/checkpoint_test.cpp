// SPDX-License-Identifier: Apache-2.0
#include "shatterproof/train/checkpoint.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <zlib.h>

#include <cmath>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "shatterproof/core/error.h"
#include "shatterproof/train/schedule.h"
#include "tests/support/temporary_folder.h"
#include "tests/train/sample.h"

namespace shatterproof::checkpoint_test {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;

class Checkpoint : public ::testing::Test {
 protected:
  std::string refusal(const std::string& bytes) const {
    std::ofstream(folder_ / "x", std::ios::binary) << bytes;
    try {
      read_checkpoint(folder_ / "x");
    } catch (const IoError& error) {
      return error.what();
    }
    return "accepted";
  }
  std::string bytes() const {
    std::ostringstream text;
    text << std::ifstream(folder_ / "a", std::ios::binary).rdbuf();
    return text.str();
  }
  TemporaryFolder temporary_;
  const fs::path folder_ = temporary_.path();
};

// Batch norm, momentum, dropout, a schedule with a memory, augmented images: all that has a state.
TrainOptions options() {
  TrainOptions options{.epochs = 3, .batch = 8, .learning_rate = 1e-3};
  options.schedule = "auto:window=2,patience=1,least_progress=5,least_accuracy=0";
  options.augmentation = Augmentation::parse("image");
  return options;
}

Network network() {
  return sample_network("thin:depth=6,dropout=0.1");
}

constexpr int64_t kExamples = 20;

Trainer started() {
  return Trainer(network(), options(), sample_examples(network(), kExamples, 10),
                 sample_examples(network(), 8, 10, 2));
}

TEST_F(Checkpoint, ARunThatGoesOnFromAnyStepEndsWithTheSameBits) {
  Trainer straight = started();
  std::vector<TrainingState> states;
  while (!straight.finished()) {
    states.push_back(straight.state());
    straight.step();
  }
  ASSERT_GT(states.size(), 4U);
  for (const size_t from : {size_t{0}, size_t{1}, states.size() / 2, states.size() - 1}) {
    write_checkpoint(folder_ / "a", states[from]);
    Trainer resumed = started();
    resumed.restore(read_checkpoint(folder_ / "a"));
    while (!resumed.finished()) resumed.step();
    EXPECT_TRUE(same_weights(straight.network(), resumed.network())) << "from step " << from;
    ASSERT_EQ(straight.epochs().size(), resumed.epochs().size());
    for (size_t i = 0; i < straight.epochs().size(); ++i) {
      EXPECT_EQ(straight.epochs()[i].train_loss, resumed.epochs()[i].train_loss);
      EXPECT_EQ(straight.epochs()[i].train_accuracy, resumed.epochs()[i].train_accuracy);
      EXPECT_EQ(straight.epochs()[i].test_loss, resumed.epochs()[i].test_loss);
      EXPECT_EQ(straight.epochs()[i].learning_rate, resumed.epochs()[i].learning_rate);
    }
  }
  EXPECT_LT(straight.epochs().back().learning_rate, 1e-3) << "the schedule had something to remember";
}

// As Ctrl-C leaves it that comes when all steps of an epoch are made, and the test examples not yet run.
TEST_F(Checkpoint, AnEpochThatLacksItsEndGetsItFirst) {
  Trainer straight = started();
  TrainingState before;
  while (straight.epochs().empty()) {
    before = straight.state();
    straight.step();
  }
  const EpochRecord whole = straight.epochs().front();
  TrainingState cut = straight.state();
  cut.epochs.clear();
  cut.schedule = before.schedule;
  cut.examples = kExamples;
  cut.loss_sum = whole.train_loss * kExamples;
  cut.correct = std::llround(whole.train_accuracy * kExamples);
  Trainer resumed = started();
  resumed.restore(cut);
  const std::optional<EpochRecord> made_up = resumed.step();
  ASSERT_TRUE(made_up);
  EXPECT_EQ(resumed.steps_made(), straight.steps_made()) << "no step more";
  EXPECT_DOUBLE_EQ(made_up->train_loss, whole.train_loss);
  EXPECT_EQ(made_up->train_accuracy, whole.train_accuracy);
  EXPECT_EQ(made_up->test_loss, whole.test_loss);
  EXPECT_EQ(made_up->learning_rate, whole.learning_rate);
  while (!straight.finished()) straight.step();
  while (!resumed.finished()) resumed.step();
  EXPECT_TRUE(same_weights(straight.network(), resumed.network()));

  TrainOptions once = options();
  once.epochs = 1;
  Trainer last(network(), once, sample_examples(network(), kExamples, 10),
               sample_examples(network(), 8, 10, 2));
  last.restore(cut);
  EXPECT_FALSE(last.finished());
  last.step();
  EXPECT_TRUE(last.finished());
}

TEST_F(Checkpoint, WhatTheScheduleHasEndedStaysEnded) {
  TrainOptions idle = options();
  idle.epochs = 10;
  idle.schedule = "auto:window=2,patience=1,least_progress=5,least_accuracy=0,drops=0";
  const auto trainer = [&] { return Trainer(network(), idle, sample_examples(network(), kExamples, 10)); };
  Trainer straight = trainer();
  while (!straight.finished()) straight.step();
  ASSERT_THAT(straight.stopped(), HasSubstr("no longer falls"));
  write_checkpoint(folder_ / "a", straight.state());
  Trainer resumed = trainer();
  resumed.restore(read_checkpoint(folder_ / "a"));
  EXPECT_TRUE(resumed.finished());
  EXPECT_EQ(resumed.stopped(), straight.stopped());
  EXPECT_TRUE(same_weights(straight.network(), resumed.network())) << "with the stored statistics";
}

TEST_F(Checkpoint, ARunThatGoesOnAsksForTheNextWeights) {
  std::vector<uint64_t> seeds;
  TrainOptions anew = options();
  anew.epochs = 6;
  anew.schedule = "auto:window=2,patience=1,least_progress=5,least_accuracy=2,redraws=2";
  anew.redraw = [&](uint64_t seed) {
    seeds.push_back(seed);
    return initialize(network(), "he", seed).network;
  };
  const auto trainer = [&] { return Trainer(network(), anew, sample_examples(network(), kExamples, 10)); };
  Trainer straight = trainer(), resumed = trainer();
  while (seeds.empty()) straight.step();
  write_checkpoint(folder_ / "a", straight.state());
  resumed.restore(read_checkpoint(folder_ / "a"));
  while (!resumed.finished()) resumed.step();
  while (!straight.finished()) straight.step();
  const uint64_t second = redraw_seed(anew.seed, 2);
  EXPECT_THAT(seeds, ::testing::ElementsAre(redraw_seed(anew.seed, 1), second, second));
  EXPECT_TRUE(same_weights(straight.network(), resumed.network()));
}

TEST_F(Checkpoint, ReadsBackEveryNumber) {
  Trainer trainer = started();
  for (int i = 0; i < 4; ++i) trainer.step();
  TrainingState state = trainer.state();
  state.readings = {scalar_reading("effective_rank", .1)};
  write_checkpoint(folder_ / "a", state);
  const TrainingState read = read_checkpoint(folder_ / "a");
  EXPECT_EQ(read.step, 4);
  EXPECT_EQ(read.settings, state.settings);
  EXPECT_EQ(read.network, state.network);
  EXPECT_EQ(read.loss_sum, state.loss_sum);
  EXPECT_EQ(read.readings[0].value(), .1);
  ASSERT_EQ(read.parameters.size(), state.parameters.size());
  for (const auto& [name, tensor] : state.parameters)
    EXPECT_TRUE(at::equal(read.parameters.at(name), tensor));
  for (const auto& [name, tensor] : state.optimizer) EXPECT_TRUE(at::equal(read.optimizer.at(name), tensor));
}

TEST_F(Checkpoint, RefusesWhatWasCutShortOrAlteredOrIsNone) {
  write_checkpoint(folder_ / "a", started().state());
  const std::string whole = bytes();
  ASSERT_EQ(refusal(whole), "accepted");
  for (const size_t size : {whole.size() - 1, whole.size() / 2, size_t{30}, size_t{27}})
    EXPECT_THAT(refusal(whole.substr(0, size)), HasSubstr("whole checkpoint")) << size;
  for (const size_t place : {size_t{40}, whole.size() / 2, whole.size() - 3}) {
    std::string altered = whole;
    altered[place] ^= 1;
    EXPECT_THAT(refusal(altered), HasSubstr("checksum")) << place;
  }
  std::string negative = whole.substr(0, whole.size() - 8);
  negative.insert(negative.find("\"shape\":[") + 9, "-");
  const uLong checksum = crc32_z(0, reinterpret_cast<const unsigned char*>(negative.data()), negative.size());
  EXPECT_THAT(refusal(negative + fmt::format("{:08x}", checksum)), HasSubstr("negative size"));
  EXPECT_THAT(refusal("not one"), HasSubstr("is no checkpoint"));
  EXPECT_THAT(refusal(""), HasSubstr("is no checkpoint"));
  EXPECT_THROW(read_checkpoint(folder_ / "none"), IoError);
}

TEST_F(Checkpoint, OfAnotherNetworkOrOtherSettingsIsRefused) {
  const TrainingState state = started().state();
  const auto refusal_by = [&](Trainer trainer) {
    try {
      trainer.restore(state);
    } catch (const std::invalid_argument& error) {
      return std::string(error.what());
    }
    return std::string("accepted");
  };
  const auto examples = [] { return sample_examples(network(), kExamples, 10); };
  const auto tested = [] { return sample_examples(network(), 8, 10, 2); };
  EXPECT_EQ(refusal_by(Trainer(network(), options(), examples(), tested())), "accepted");
  TrainOptions faster = options();
  faster.learning_rate = 2e-3;
  const Network other = sample_network("thin:depth=10");
  EXPECT_THAT(refusal_by(Trainer(other, options(), sample_examples(other, kExamples, 10))),
              HasSubstr("must be one of a network"));
  const std::string rates = refusal_by(Trainer(network(), faster, examples(), tested()));
  EXPECT_THAT(rates, HasSubstr("same settings, here rate 0.002; got rate 0.001")) << "what differs is said";
  EXPECT_THAT(refusal_by(Trainer(initialize(network(), "he", 7).network, options(), examples(), tested())),
              HasSubstr("here initial weights"));
  EXPECT_THAT(refusal_by(Trainer(network(), options(), sample_examples(network(), kExamples + 1, 10))),
              HasSubstr("settings"));
  Batch last_pixel = examples(), other_test = tested();
  last_pixel.inputs[0] = last_pixel.inputs[0].clone();
  last_pixel.inputs[0].view(-1)[-1] += 1;
  other_test.inputs[0] = other_test.inputs[0] + 1;
  EXPECT_THAT(refusal_by(Trainer(network(), options(), last_pixel, tested())), HasSubstr("settings"));
  EXPECT_THAT(refusal_by(Trainer(network(), options(), examples(), other_test)), HasSubstr("settings"));
  const Network dropped = sample_network("thin:depth=6,dropout=0.2");
  EXPECT_THAT(refusal_by(Trainer(dropped, options(), examples(), tested())), HasSubstr("a network"))
      << "only an attribute of its nodes or a constant differs";
}

TEST_F(Checkpoint, OfAnotherTrainingIsTakenWhenThatIsMeant) {
  const TrainingState state = started().state();
  TrainOptions faster = options();
  faster.learning_rate = 2e-3;
  Trainer trainer(network(), faster, sample_examples(network(), kExamples, 10));
  EXPECT_THROW(trainer.restore(state), std::invalid_argument);
  trainer.restore(state, true);
  EXPECT_EQ(trainer.steps_made(), state.step);
  const Network other = sample_network("thin:depth=10");
  Trainer elsewhere(other, options(), sample_examples(other, kExamples, 10));
  EXPECT_THROW(elsewhere.restore(state, true), std::invalid_argument) << "it has other parameters";
}

// Its header altered, its checksum right.
TEST_F(Checkpoint, WithForgedNumbersIsRefused) {
  write_checkpoint(folder_ / "a", started().state());
  const std::string whole = bytes();
  const auto forged = [&](const std::string& key, const std::string& value) {
    const size_t first = whole.find("\"" + key + "\":") + key.size() + 3;
    const size_t end = whole.find_first_of(",}", first);
    std::string text = whole.substr(0, first) + value + whole.substr(end, whole.size() - 8 - end);
    return text + fmt::format("{:08x}",
                              crc32_z(0, reinterpret_cast<const unsigned char*>(text.data()), text.size()));
  };
  ASSERT_EQ(refusal(forged("step", "0")), "accepted");
  for (const char* key : {"step", "redraws", "correct", "examples"}) {
    for (const char* value : {"1e308", "-9223372036854775808", "-1", "18446744073709551615", "0.5", "\"0\""})
      EXPECT_THAT(refusal(forged(key, value)), HasSubstr("is no checkpoint")) << key << " " << value;
  }
  constexpr int kDeep = 100'000;
  const std::string nested = std::string(kDeep, '[') + std::string(kDeep, ']');
  EXPECT_THAT(refusal(forged("step", nested)), HasSubstr("levels"));
}

TEST_F(Checkpoint, OfOtherEpochsIsRefusedWhereTheScheduleDependsOnThem) {
  for (const ScheduleRecord& record : schedules()) {
    TrainOptions some = options(), more = options();
    some.schedule = more.schedule = record.name;
    more.epochs = some.epochs + 2;
    EXPECT_EQ(some.key() != more.key(), record.depends_on_epochs) << record.name;
  }
}

TEST_F(Checkpoint, AFullDiskIsSaidAndTheEarlierOneStays) {
  write_checkpoint(folder_ / "a", started().state());
  const std::string before = bytes();
  fs::create_symlink("/dev/full", folder_ / "full");
  try {
    write_checkpoint(folder_ / "full", started().state());
    FAIL() << "a full disk took it";
  } catch (const IoError& error) {
    EXPECT_THAT(error.what(), HasSubstr("No space left"));
  }
  EXPECT_EQ(bytes(), before);
}

TEST_F(Checkpoint, AFolderKeepsTheLast) {
  std::optional<CheckpointFolder> folder(std::in_place, folder_ / "kept", 2);
  EXPECT_FALSE(folder->last());
  Trainer trainer = started();
  for (int i = 0; i < 4; ++i) {
    trainer.step();
    folder->write(trainer.state());
  }
  EXPECT_EQ(folder->files().size(), 2U);
  EXPECT_EQ(folder->last()->step, 4);
  EXPECT_THROW(CheckpointFolder(folder_ / "kept", 2), IoError) << "one run works in it";
  folder.reset();
  std::ofstream(folder_ / "kept" / "step_000000009.checkpoint.1.partial") << "half";
  CheckpointFolder again(folder_ / "kept", 2);
  EXPECT_EQ(again.last()->step, 4) << "what a killed writer left is no checkpoint";
  EXPECT_FALSE(fs::exists(folder_ / "kept" / "step_000000009.checkpoint.1.partial"));
  EXPECT_THROW(CheckpointFolder(folder_ / "kept", 0), std::invalid_argument);
}

}  // namespace
}  // namespace shatterproof::checkpoint_test
