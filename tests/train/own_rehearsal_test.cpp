// SPDX-License-Identifier: Apache-2.0
#include "shatterproof/train/own_rehearsal.h"

#include <ATen/ATen.h>
#include <gmock/gmock.h>

#include <cmath>
#include <stdexcept>
#include <string>
#include <vector>

#include "shatterproof/dataset/gaussian.h"
#include "shatterproof/initializer/catalog.h"
#include "shatterproof/network/builder.h"
#include "tests/matchers.h"
#include "tests/support/fake_taps.h"
#include "train/least_loss.h"
#include "train/own_task.h"

namespace shatterproof::own_rehearsal_test {
namespace {

using Tensors = std::vector<at::Tensor>;

// 2, 0, 2, 0, ...: mean 1, deviation 1.
at::Tensor two_and_zero(int64_t examples) {
  return (2 * at::arange(1, examples + 1, at::kLong).remainder(2)).unsqueeze(1).to(at::kFloat);
}

OwnLoss square_error(const at::Tensor& labels) {
  return [labels](const Tensors& outputs) { return (outputs.front() - labels).square().mean(); };
}

OwnLoss cross_entropy(const at::Tensor& labels) {
  return
      [labels](const Tensors& outputs) { return at::nll_loss(at::log_softmax(outputs.front(), 1), labels); };
}

at::Tensor begin(int64_t numbers) {
  return gaussian_tensor("begin", {32, numbers}, 1).to(at::kFloat);
}

TEST(LeastLoss, OfSquaresIsNoneAndForAllAlikeTheVariance) {
  const OwnLoss loss = square_error(1000 + 50 * two_and_zero(32));
  const auto any = least_loss(loss, {begin(1)}, {}, Outputs::any);
  const auto alike = least_loss(loss, {begin(1)}, {}, Outputs::alike);
  ASSERT_TRUE(any && alike);
  EXPECT_LT(any->loss, 1e-3);
  EXPECT_THAT(alike->loss, IsNear(2500, 1e-4));
  EXPECT_THAT(any->outputs.front().mean().item<double>(), IsNear(1050, 1e-5));
  EXPECT_TRUE(at::equal(alike->outputs.front()[0], alike->outputs.front()[31]));
}

TEST(LeastLoss, OfClassesIsNoneAndForAllAlikeTheirEntropy) {
  const OwnLoss loss = cross_entropy(at::arange(32, at::kLong).remainder(4));
  EXPECT_LT(least_loss(loss, {begin(4)}, {}, Outputs::any)->loss, 1e-3);
  EXPECT_THAT(least_loss(loss, {begin(4)}, {}, Outputs::alike)->loss, IsNear(std::log(4.), 1e-5));
}

TEST(LeastLoss, StaysWithinReach) {
  OutputReach positive, unit;
  positive.least = unit.least = at::zeros({1}, at::kDouble);
  unit.most = at::ones({1}, at::kDouble);
  const at::Tensor labels = two_and_zero(32) - 1;  // 1, -1
  EXPECT_THAT(least_loss(square_error(labels), {begin(1)}, positive, Outputs::any)->loss, IsNear(.5, 1e-3));
  EXPECT_THAT(least_loss(square_error(labels), {begin(1)}, positive, Outputs::alike)->loss, IsNear(1, 1e-3));
  EXPECT_THAT(least_loss(square_error(3 * labels), {begin(1)}, unit, Outputs::any)->loss,
              IsNear((4 + 9) / 2., 1e-3));
}

TEST(LeastLoss, IsNotThereWhereTheLossThrowsOrIsNaN) {
  const OwnLoss throws = [](const Tensors&) -> at::Tensor { throw std::runtime_error("no"); };
  const OwnLoss nan = [](const Tensors& outputs) { return outputs.front().mean() * std::nan(""); };
  EXPECT_FALSE(least_loss(throws, {begin(1)}, {}, Outputs::any));
  EXPECT_FALSE(least_loss(nan, {begin(1)}, {}, Outputs::any));
}

// A mean and the logarithm of a variance: where the mean is right, the smaller the variance the better.
TEST(LossRange, IsNotKnownOfALikelihoodWithoutEnd) {
  const at::Tensor labels = two_and_zero(32);
  const OwnLoss likelihood = [&](const Tensors& outputs) {
    const at::Tensor mean = outputs.front().narrow(1, 0, 1), logarithm = outputs.front().narrow(1, 1, 1);
    return (logarithm + (labels - mean).square() * (-logarithm).exp()).mean();
  };
  EXPECT_FALSE(loss_range(likelihood, {begin(2)}, {}).is_known());
  EXPECT_TRUE(loss_range(square_error(labels), {begin(1)}, {}).is_known());
}

// Ten numbers, 64 rectifiers, and what comes last.
Network two_layers(int64_t outputs, const std::string& last = "") {
  NetworkBuilder builder("two");
  const std::string hidden = builder.activation(
      builder.linear(builder.input("x", {10}), {"a", 10, 64, true, "", ""}), "relu", "relu");
  const std::string made = builder.linear(hidden, {"head", 64, outputs, true, "", ""});
  builder.output(last.empty() ? made : builder.node(last, "last", {made}));
  return initialize(builder.build(), "he", 1).network;
}

std::optional<OwnRehearsal> rehearsed(const Network& network, const LossOfBatch& loss) {
  RehearsalOptions options;
  options.seconds = 300;  // never the limit
  return own_rehearsal(*tap_source(network, {}), loss, gaussian_batch(network.inputs(), 64, 1, 20), options);
}

LossOfBatch of_halves(double mean, double deviation) {
  return [=](const Batch& batch) {
    return square_error(mean + deviation * (two_and_zero(batch.examples()) - 1));
  };
}

TEST(OwnRehearsal, LearnsWhatCanBeLearned) {
  const auto found = rehearsed(two_layers(1), of_halves(1, 1));
  ASSERT_TRUE(found);
  EXPECT_EQ(found->rehearsal.verdict, RehearsalVerdict::learns) << found->rehearsal.reason;
  EXPECT_EQ(found->rehearsal.task.kind, RehearsalTask::Kind::own);
  EXPECT_EQ(found->rehearsal.examples, 32);
  EXPECT_THAT(found->rehearsal.constant_loss, IsNear(1, 1e-3));
  EXPECT_NEAR(found->beyond_reach(), 0, 1e-3);
  EXPECT_NEAR(found->answers_mean, 1, 1e-2);
  EXPECT_FALSE(found->scaled_share);
}

TEST(OwnRehearsal, OfLabelsFarAwayFailsAndNotOnceOutputsAreScaled) {
  const auto found = rehearsed(two_layers(1), of_halves(1e6, 1e5));
  ASSERT_TRUE(found);
  EXPECT_TRUE(cannot_fit(found->rehearsal.verdict)) << found->rehearsal.reason;
  EXPECT_THAT(found->answers_mean, IsNear(1e6, 1e-3));
  EXPECT_THAT(found->answers_deviation, IsNear(1e5, 1e-2));
  ASSERT_TRUE(found->scaled_share);
  EXPECT_LT(*found->scaled_share, kLearnedShare);
}

TEST(OwnRehearsal, OfOutputsFarAboveTheLabelsIsTriedWithSmallerOnes) {
  Network network = two_layers(1);
  network.set_parameter("head.weight", 1e5 * network.find_parameter("head.weight")->value);
  const auto found = rehearsed(network, of_halves(0, 1));
  ASSERT_TRUE(found);
  EXPECT_TRUE(cannot_fit(found->rehearsal.verdict)) << found->rehearsal.reason;
  EXPECT_GT(found->outputs_size, 1e4);
  EXPECT_THAT(found->scale(), IsNear(1 / found->outputs_size, 1e-2));
  ASSERT_TRUE(found->scaled_share);
  EXPECT_LT(*found->scaled_share, kLearnedShare);
}

TEST(OwnRehearsal, SaysWhichPartLiesBeyondABound) {
  const auto found = rehearsed(two_layers(1, "Relu"), of_halves(0, 1));
  ASSERT_TRUE(found);
  EXPECT_NEAR(found->beyond_reach(), .5, 1e-2) << "of 1 and -1, the negative half";
  const auto beyond = rehearsed(two_layers(1, "Tanh"), of_halves(50, 10));
  ASSERT_TRUE(beyond);
  EXPECT_NEAR(beyond->beyond_reach(), (39 * 39 + 59 * 59) / 200., .1) << "of 40 and 60 all";
  const auto within = rehearsed(two_layers(1, "Sigmoid"), of_halves(.5, .5));
  ASSERT_TRUE(within);
  EXPECT_NEAR(within->beyond_reach(), 0, 1e-2);
}

TEST(OwnRehearsal, DoesNotJudgeALossThatFallsWithoutEnd) {
  const auto found = rehearsed(two_layers(4), [](const Batch& batch) {
    const at::Tensor labels = at::arange(batch.examples(), at::kLong).remainder(4);
    return [labels](const Tensors& outputs) { return at::nll_loss(outputs.front(), labels); };
  });
  ASSERT_TRUE(found);
  EXPECT_EQ(found->rehearsal.verdict, RehearsalVerdict::unjudged) << found->rehearsal.reason;
}

TEST(OwnRehearsal, OfALossThatNeedsAllExamplesGetsThem) {
  const auto found = rehearsed(two_layers(1), [](const Batch&) { return square_error(two_and_zero(64)); });
  ASSERT_TRUE(found);
  EXPECT_EQ(found->rehearsal.examples, 64);
  EXPECT_EQ(found->rehearsal.verdict, RehearsalVerdict::learns) << found->rehearsal.reason;
}

TEST(OwnRehearsal, IsNotThereWithoutALoss) {
  EXPECT_FALSE(rehearsed(two_layers(1), [](const Batch&) { return OwnLoss(); }));
}

}  // namespace
}  // namespace shatterproof::own_rehearsal_test
