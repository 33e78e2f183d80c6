// SPDX-License-Identifier: Apache-2.0
#include "study/case_table.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>

#include "shatterproof/study/catalog.h"

namespace shatterproof::case_table_test {
namespace {

StudyCase trained() {
  StudyCase one;
  one.source.emplace<TrainedNetwork>().family = "thin:depth=6";
  one.inputs = "images:16";
  one.measurements = {"train_loss"};
  return one;
}

StudyTraining& training_of(StudyCase& one) {
  return std::get<TrainedNetwork>(one.source).training;
}

// A change of each setting there is: a new one belongs here.
const std::vector<std::function<void(StudyCase&)>> kChanges = {
    [](StudyCase& one) { one.source.emplace<DrawnNetwork>().family = "thin:depth=6"; },
    [](StudyCase& one) { std::get<TrainedNetwork>(one.source).family = "thin:depth=10"; },
    [](StudyCase& one) { one.initializer = "lecun"; },
    [](StudyCase& one) { one.inputs = "images:17"; },
    [](StudyCase& one) { one.project = 9; },
    [](StudyCase& one) { one.order_by = "thin"; },
    [](StudyCase& one) { one.functional = "probe"; },
    [](StudyCase& one) { one.batch_norm = "attached"; },
    [](StudyCase& one) { one.dtype = "float64"; },
    [](StudyCase& one) { one.tap = "x"; },
    [](StudyCase& one) { one.measurements.push_back("test_loss"); },
    [](StudyCase& one) { training_of(one).examples = 7; },
    [](StudyCase& one) { training_of(one).test_examples = 7; },
    [](StudyCase& one) { training_of(one).epochs = 7; },
    [](StudyCase& one) { training_of(one).batch = 7; },
    [](StudyCase& one) { training_of(one).optimizer = "sgd"; },
    [](StudyCase& one) { training_of(one).learning_rate_times_depth = .7; },
    [](StudyCase& one) { training_of(one).learning_rate = .7; },
    [](StudyCase& one) {
      training_of(one).learning_rates = {.7, .8};
    },
    [](StudyCase& one) { training_of(one).layer_rates = "update_budget"; },
    [](StudyCase& one) { training_of(one).stop_accuracy = .7; },
    [](StudyCase& one) { training_of(one).schedule = "constant"; },
    [](StudyCase& one) { training_of(one).augment = "none"; },
};

StudyCase read_back(const StudyCase& one) {
  return parse_study("title = 't'\n[[case]]\nname = 'x'\n" + to_toml(one), "x", false).cases.at(0);
}

TEST(StudyCase, HasAKeyOfAllThatItsReadingsDependOn) {
  std::vector<std::string> keys = {trained().key()};
  for (const auto& change : kChanges) {
    StudyCase other = trained();
    change(other);
    EXPECT_THAT(keys, testing::Not(testing::Contains(other.key()))) << other.key();
    keys.push_back(other.key());
  }
  StudyCase elsewhere = trained(), renamed = trained();
  elsewhere.images = "cifar10:folder";
  EXPECT_NE(elsewhere.key(), keys.front());
  renamed.name = "another";
  renamed.seeds = 1;
  renamed.claims.push_back({});
  EXPECT_EQ(renamed.key(), keys.front()) << "name, claims and other seeds change no reading";
}

TEST(StudyCase, IsReadBackFromTheTomlThatItIsWrittenAs) {
  for (const auto& change : kChanges) {
    StudyCase one = trained();
    change(one);
    one.seeds = 3;
    EXPECT_EQ(to_toml(read_back(one)), to_toml(one));
  }
  for (const StudyRecord& record : studies()) {
    for (const StudyCase& one : parse_study(record.toml, std::string(record.name), false).cases)
      EXPECT_EQ(to_toml(read_back(one)), to_toml(one)) << record.name << ", " << one.name;
  }
}

template <typename Source>
std::string key_of(Source source) {
  return StudyCase{.source = std::move(source)}.key();
}

TEST(StudyCase, SourcesOfOneNameAreToldApart) {
  EXPECT_NE(key_of(NoiseSeries{"white"}), key_of(IndependentGates{"white"}));
  EXPECT_NE(key_of(DrawnNetwork{"thin"}), key_of(IndependentGates{"thin"}));
}

}  // namespace
}  // namespace shatterproof::case_table_test
