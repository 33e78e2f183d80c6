// SPDX-License-Identifier: Apache-2.0
#include "cli/lab/training.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include "shatterproof/core/interrupt.h"

namespace shatterproof::cli::lab_training_test {
namespace {

LabSetting after(const std::string& steps, const std::string& rate = "0.001") {
  return LabSetting({{"family", "residual"},
                     {"depth", "4"},
                     {"width", "16"},
                     {"norm", "batch"},
                     {"seed", "3"},
                     {"rate", rate},
                     {"steps", steps}});
}

void expect_same_weights(const Network& a, const Network& b) {
  ASSERT_EQ(a.parameters().size(), b.parameters().size());
  for (const Parameter& one : a.parameters())
    EXPECT_TRUE(at::equal(one.value, b.find_parameter(one.name)->value)) << one.name;
}

TEST(LabTraining, HoldsTheStepsThatAreMade) {
  LabTraining training;
  training.trained(after("3"));
  Cancellation gone;
  gone.request();
  const CancellationScope heeds(&gone);
  EXPECT_EQ(training.trained(after("3")).steps_made(), 3) << "no step is left that could be called off";
  EXPECT_THROW(training.trained(after("4")), Interrupted);
  EXPECT_EQ(training.trained(after("3")).steps_made(), 3);
}

TEST(LabTraining, OfOneStepAfterTheOtherIsThatOfAllAtOnce) {
  LabTraining training, at_once;
  for (const char* steps : {"1", "2", "3", "5"}) training.trained(after(steps));
  const Trainer& all = at_once.trained(after("5"));
  const Trainer& last = training.trained(after("5"));
  EXPECT_EQ(last.steps_made(), 5);
  EXPECT_EQ(last.epochs().size(), 5U);
  expect_same_weights(last.network(), all.network());
}

TEST(LabTraining, BeginsAnewWhereLessOrSomethingElseIsAsked) {
  LabTraining training, other;
  training.trained(after("4"));
  EXPECT_EQ(training.trained(after("2")).steps_made(), 2);
  const Trainer& faster = training.trained(after("3", "0.01"));
  EXPECT_EQ(faster.steps_made(), 3);
  expect_same_weights(faster.network(), other.trained(after("3", "0.01")).network());
}

}  // namespace
}  // namespace shatterproof::cli::lab_training_test
