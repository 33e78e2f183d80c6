// SPDX-License-Identifier: Apache-2.0
#include "train/random_task.h"

#include <ATen/ATen.h>
#include <gmock/gmock.h>

#include <string>

#include "shatterproof/initializer/catalog.h"
#include "shatterproof/network/builder.h"

namespace shatterproof::random_task_test {
namespace {

using ::testing::HasSubstr;

Network four_logits() {
  NetworkBuilder builder("logits");
  builder.output(builder.linear(builder.input("x", {10}), {"head", 10, 4, true, "", ""}));
  return initialize(builder.build(), "he", 1).network;
}

TEST(RandomTask, ClassesAreLogitsThatTellExamplesApart) {
  const Network network = four_logits();
  at::Tensor output = at::arange(6 * 4, at::kFloat).view({6, 4}).clone();
  output.select(1, 1).fill_(3);
  const RandomTask some(network, output, 1);
  EXPECT_EQ(some.description().classes, 3);
  at::Tensor other = output.clone();
  other.select(1, 1).fill_(-5);
  EXPECT_TRUE(at::equal(some.loss({output}), some.loss({other}))) << "logit 1 is no class";
  EXPECT_EQ(RandomTask(network, at::ones({6, 4}), 1).description().classes, 4) << "none does";
}

TEST(RandomTask, OneLabelIsThatOfAllPositions) {
  const Network network = four_logits();
  const at::Tensor output = at::rand({8, 3, 4});
  const RandomTask task(network, output, 1, {.one_label = true});
  EXPECT_EQ(task.description().positions, 3);
  const auto loss_at = [&](int64_t position) {
    return task.loss({output.narrow(1, position, 1).expand({8, 3, 4})}).item<double>();
  };
  EXPECT_NEAR(task.loss({output}).item<double>(), (loss_at(0) + loss_at(1) + loss_at(2)) / 3, 1e-6);
  EXPECT_THAT(task.description().sentence, HasSubstr("at all of its positions"));
}

// As of a detector on pictures that are empty but for one place.
TEST(RandomTask, PositionsAreThoseThatTellExamplesApart) {
  const Network network = four_logits();
  at::Tensor output = at::ones({6, 40, 4});
  output.narrow(1, 0, 20).copy_(at::rand({6, 20, 4}));
  const RandomTask task(network, output, 1);
  EXPECT_EQ(task.description().positions, 8);
  at::Tensor elsewhere = output.clone();
  elsewhere.narrow(1, 20, 20).copy_(at::rand({6, 20, 4}));
  EXPECT_TRUE(at::equal(task.loss({output}), task.loss({elsewhere})));
  const RandomTask of_all(network, elsewhere, 1);
  EXPECT_FALSE(at::equal(of_all.loss({output}), of_all.loss({elsewhere})));
  EXPECT_EQ(RandomTask(network, at::ones({6, 40, 4}), 1).description().positions, 8) << "none does";
}

TEST(RandomTask, TargetsInOrderRiseOrFallAsTheOutputDoes) {
  const Network network = four_logits();
  const at::Tensor rising = at::rand({6, 4}).cumsum(1);
  EXPECT_TRUE(RandomTask(network, rising, 1).is_in_order(rising));
  EXPECT_TRUE(RandomTask(network, -rising, 1).is_in_order(-rising));
  EXPECT_FALSE(
      RandomTask(network, rising, 1).is_in_order(rising * at::tensor({1, 1, 1, 1, 1, -1}).view({6, 1})));
  EXPECT_FALSE(RandomTask(network, rising, 1).is_in_order(at::ones({6, 4})));
  for (const double sign : {1., -1.}) {
    const RandomTask task(network, sign * rising, 1, {.in_order = true});
    const at::Tensor nothing = at::zeros({6, 4}, at::kDouble).requires_grad_();
    task.loss({nothing}).backward();
    // Of the mean of (output - target)^2 at 0.
    const at::Tensor targets = -nothing.grad() * (6 * 4 / 2.);
    EXPECT_TRUE((sign * targets.diff(1, -1)).gt(0).all().item<bool>());
    EXPECT_NEAR(task.loss({targets}).item<double>(), 0, 1e-12);
  }
}

TEST(RandomTask, OfChannelsThatAreJoinedWithTheInputHasItsClassesAmongChannels) {
  NetworkBuilder builder("dense_block");
  const std::string x = builder.input("input", {2, 7});
  builder.parameter("kernel", at::rand({3, 2, 1}), true);
  const std::string grown = builder.node("Conv", "convolution", {x, "kernel"});
  builder.output(builder.node("Concat", "joined", {x, grown}, {{"axis", int64_t{1}}}));
  const RandomTask task(builder.build(), at::rand({6, 5, 7}), 1);
  EXPECT_EQ(task.description().classes, 5);
  EXPECT_EQ(task.description().positions, 7);
}

}  // namespace
}  // namespace shatterproof::random_task_test
