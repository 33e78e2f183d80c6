// SPDX-License-Identifier: Apache-2.0
#include "shatterproof/mend/learning.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <cmath>

#include "shatterproof/architecture/catalog.h"
#include "shatterproof/dataset/teacher.h"
#include "shatterproof/initializer/catalog.h"

namespace shatterproof::learning_test {
namespace {

Network drawn(const std::string& family, const std::string& scheme = "he") {
  return initialize(build_family(family), scheme, 1).network;
}

LearningOptions options_for(const Network& network) {
  LearningOptions options;
  options.examples = teacher_batch(network.inputs()[0], 0, 256, 4, 1);
  options.steps = 60;
  options.rates = {1e-3, 1e-2};
  return options;
}

TEST(Learned, KnowsANetworkThatLearnsAndOneThatCannot) {
  const Network shallow = drawn("feedforward:depth=2,width=32,input=16,output=4");
  const LearningResult well = learned(shallow, options_for(shallow));
  EXPECT_TRUE(well.learns());
  ASSERT_EQ(well.curves.size(), 2U);
  EXPECT_LT(well.best()->loss, well.curves.front().first_loss);
  const Network dead = drawn("feedforward:depth=2,width=32,input=16,output=4", "zeros");
  const LearningResult stuck = learned(dead, options_for(dead));
  EXPECT_FALSE(stuck.learns());
  EXPECT_NEAR(stuck.curves.front().first_loss, std::log(4.), 1e-5) << "equal logits";
}

TEST(Learned, ComparesWithGuessingByFrequency) {
  const Network network = drawn("feedforward:depth=1,width=8,input=4,output=4");
  LearningOptions options = options_for(network);
  options.examples.labels = at::cat({at::zeros({128}, at::kLong), at::ones({128}, at::kLong)});
  options.steps = 1;
  EXPECT_NEAR(learned(network, options).constant_loss, std::log(2.), 1e-12);
}

TEST(Learned, StaysFiniteOrSaysSo) {
  Network network = drawn("feedforward:depth=2,width=8,input=4,output=4");
  network.set_parameter("layer_1.weight", network.find_parameter("layer_1.weight")->value * INFINITY);
  const LearningResult result = learned(network, options_for(network));
  EXPECT_EQ(result.best(), nullptr);
  EXPECT_FALSE(result.learns());
}

TEST(Learned, RefusesWhatCannotBeLearned) {
  const Network network = drawn("feedforward:depth=1,width=8,input=4,output=4");
  LearningOptions options = options_for(network);
  options.rates.clear();
  EXPECT_THROW(learned(network, options), std::invalid_argument);
  options = options_for(network);
  options.examples.labels = at::Tensor();
  EXPECT_THROW(learned(network, options), std::invalid_argument);
  options = options_for(network);
  options.steps = 0;
  EXPECT_THROW(learned(network, options), std::invalid_argument);
  options = options_for(network);
  options.examples.labels = at::full({256}, 4, at::kLong);
  EXPECT_THROW(require_learnable(network, options), std::invalid_argument) << "labels from 0 to 3";
}

}  // namespace
}  // namespace shatterproof::learning_test
