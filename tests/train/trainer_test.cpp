// SPDX-License-Identifier: Apache-2.0
#include "shatterproof/train/trainer.h"

#include <gmock/gmock.h>

#include <array>
#include <cmath>
#include <set>

#include "shatterproof/network/builder.h"
#include "shatterproof/run/accuracy.h"
#include "tests/matchers.h"
#include "tests/train/sample.h"

namespace shatterproof::trainer_test {
namespace {

using ::testing::HasSubstr;
using ::testing::ThrowsMessage;

constexpr double kRounding = 1e-12;  // of a few float64 operations

// f = W x with W of small numbers.
Network linear_network() {
  NetworkBuilder builder("linear");
  builder.output(builder.linear(builder.input("x", {2}), {"map", 2, 3}));
  Network network = builder.build();
  network.set_parameter("map.weight", at::tensor({.5F, -.25F, 0.F, .125F, -1.F, .75F}).view({3, 2}));
  return network;
}

Batch three_examples() {
  Batch batch;
  batch.inputs = {at::tensor({1.F, 2.F, -1.F, .5F, .25F, -2.F}).view({3, 2})};
  batch.labels = at::tensor({2, 0, 1}, at::kLong);
  return batch;
}

at::Tensor one_step(const std::string& loss, double* value) {
  TrainOptions options{.epochs = 1, .batch = 3, .optimizer = "sgd", .learning_rate = .5};
  options.loss = parse_loss(loss);
  options.dtype = at::kDouble;
  Trainer trainer(linear_network(), options, three_examples());
  trainer.step();
  *value = trainer.last_loss();
  return trainer.network().find_parameter("map.weight")->value.to(at::kDouble);
}

TEST(Trainer, OneStepOfCrossEntropyIsSoftmaxMinusLabelTimesInput) {
  const at::Tensor x = three_examples().inputs[0].to(at::kDouble);
  const at::Tensor w = linear_network().find_parameter("map.weight")->value.to(at::kDouble);
  const at::Tensor p = at::softmax(x.mm(w.t()), 1),
                   y = at::one_hot(three_examples().labels, 3).to(at::kDouble);
  double loss = 0;
  const at::Tensor trained = one_step("cross_entropy", &loss);
  EXPECT_TRUE(at::allclose(trained, w - .5 * (p - y).t().mm(x) / 3, 1e-6, 1e-6)) << "rounded to float32";
  EXPECT_THAT(loss, IsNear(-(p * y).sum(1).log().mean().item<double>(), kRounding));
}

TEST(Trainer, OneStepOfTheDotProductErrorAddsTheInputToTheLabelsRow) {
  const at::Tensor x = three_examples().inputs[0].to(at::kDouble);
  const at::Tensor w = linear_network().find_parameter("map.weight")->value.to(at::kDouble);
  const at::Tensor y = at::one_hot(three_examples().labels, 3).to(at::kDouble);
  double loss = 0;
  const at::Tensor trained = one_step("dot_product", &loss);
  EXPECT_TRUE(at::allclose(trained, w + .5 * y.t().mm(x) / 3, 1e-6, 1e-6));
  EXPECT_THAT(loss, IsNear(-(x.mm(w.t()) * y).sum(1).mean().item<double>(), kRounding));
  EXPECT_THROW(parse_loss("hinge"), std::invalid_argument);
}

TEST(Trainer, LearnsWhatCanBeLearned) {
  const Network network = sample_network();
  TrainOptions options{.epochs = 30, .batch = 32, .learning_rate = 1e-2};
  double first = 0;
  EpochRecord last;
  const Network trained = train(network, options, sample_examples(network, 512),
                                sample_examples(network, 256, 3, 2), [&](const EpochRecord& epoch) {
                                  if (epoch.epoch == 1) first = epoch.train_loss;
                                  last = epoch;
                                  return true;
                                });
  EXPECT_EQ(last.epoch, 30);
  EXPECT_LT(last.train_loss, .3 * first);
  EXPECT_GT(last.train_accuracy, .9);
  EXPECT_GT(last.test_accuracy, .8);
  RunOptions run;
  Execution execution(trained, run);
  EXPECT_EQ(accuracy_of(trained, execution, sample_examples(network, 256, 3, 2)).accuracy,
            last.test_accuracy);
  EXPECT_TRUE(same_weights(network, sample_network())) << "the given network is left as it is";
}

TEST(Trainer, SeesEveryExampleOnceAnEpochInAnotherOrder) {
  const Network network = sample_network();
  TrainOptions options{.epochs = 2, .batch = 4, .optimizer = "sgd", .learning_rate = 0};
  Trainer trainer(network, options, sample_examples(network, 10));
  EXPECT_EQ(trainer.steps_per_epoch(), 3);
  std::vector<double> losses;
  while (!trainer.finished()) {
    trainer.step();
    losses.push_back(trainer.last_loss());
  }
  ASSERT_EQ(losses.size(), 6U);
  // With a rate of 0 the mean over an epoch does not depend on the order, the losses of steps do.
  EXPECT_THAT(trainer.epochs()[0].train_loss, IsNear(trainer.epochs()[1].train_loss, 1e-6));
  EXPECT_NE(losses[0], losses[3]);
}

// Losses of two epochs of one step each, the weights staying as they are.
std::array<double, 2> still_losses(const char* spec, const char* augmentation, uint64_t seed = 1) {
  const Network network = sample_network(spec);
  TrainOptions options{.epochs = 2, .batch = 8, .optimizer = "sgd", .learning_rate = 0};
  options.augmentation = Augmentation::parse(augmentation);
  options.seed = seed;
  Trainer trainer(network, options, sample_examples(network, 8, 10));
  std::array<double, 2> losses{};
  for (double& loss : losses) {
    trainer.step();
    loss = trainer.last_loss();
  }
  return losses;
}

TEST(Trainer, DrawsShiftsAndMasksAnewInEveryEpochAndForEverySeed) {
  constexpr double kSum = 1e-6, kChange = 1e-3;  // sums in another order; other numbers
  const std::array<double, 2> plain = still_losses("thin:depth=6", "none");
  EXPECT_THAT(plain[1], IsNear(plain[0], kSum));
  EXPECT_THAT(still_losses("thin:depth=6", "none", 2)[0], IsNear(plain[0], kSum));
  for (const auto& [spec, augmentation] :
       {std::pair("thin:depth=6", "image"), std::pair("thin:depth=6", "batch"),
        std::pair("thin:depth=6,dropout=0.1", "none")}) {
    const std::array<double, 2> losses = still_losses(spec, augmentation);
    const std::array<double, 2> others = still_losses(spec, augmentation, 2);
    EXPECT_GT(std::abs(losses[1] / losses[0] - 1), kChange) << spec << " " << augmentation;
    EXPECT_GT(std::abs(losses[0] / plain[0] - 1), kChange) << spec << " " << augmentation;
    EXPECT_GT(std::abs(others[0] / losses[0] - 1), kChange) << spec << " " << augmentation;
  }
}

TEST(Trainer, DrawsAShiftForEveryMiniBatch) {
  const Network network = sample_network("thin:depth=6");
  TrainOptions options{.epochs = 1, .batch = 2, .optimizer = "sgd", .learning_rate = 0};
  options.augmentation = Augmentation::parse("batch");
  Batch alike = sample_examples(network, 1, 10);
  alike.inputs[0] = alike.inputs[0].repeat({8, 1, 1, 1});
  alike.labels = alike.labels.repeat({8});
  Trainer trainer(network, options, alike);
  std::set<double> losses;
  while (!trainer.finished()) {
    trainer.step();
    losses.insert(trainer.last_loss());
  }
  EXPECT_EQ(losses.size(), 4U);
}

TEST(Trainer, TellsTheRateOfTheEpochsOwnSteps) {
  const Network network = sample_network();
  TrainOptions options{.epochs = 3, .batch = 8, .learning_rate = .5, .schedule = "step:every=1,factor=0.5"};
  Trainer trainer(network, options, sample_examples(network, 16));
  while (!trainer.finished()) trainer.step();
  ASSERT_EQ(trainer.epochs().size(), 3U);
  EXPECT_EQ(trainer.epochs()[0].learning_rate, .5);
  EXPECT_EQ(trainer.epochs()[1].learning_rate, .25);
  EXPECT_EQ(trainer.epochs()[2].learning_rate, .125);
}

TEST(Trainer, GivesTheSameBitsForTheSameSeedAndOthersForAnother) {
  const Network network = sample_network("feedforward:depth=3,input=6,width=12,output=3,norm=batch");
  const auto trained = [&](uint64_t seed) {
    TrainOptions options{.epochs = 2, .batch = 16};
    options.seed = seed;
    return train(network, options, sample_examples(network, 64));
  };
  EXPECT_TRUE(same_weights(trained(1), trained(1)));
  EXPECT_FALSE(same_weights(trained(1), trained(2)));
}

TEST(Trainer, AFactorOfZeroKeepsALayer) {
  const Network network = sample_network();
  TrainOptions options{.epochs = 1, .batch = 16};
  options.factors = {{"layer_2", 0}};
  const Network trained = train(network, options, sample_examples(network, 64));
  const auto changed = [&](const char* name) {
    return !at::equal(network.find_parameter(name)->value, trained.find_parameter(name)->value);
  };
  EXPECT_FALSE(changed("layer_2.weight"));
  EXPECT_TRUE(changed("layer_1.weight"));
}

TEST(Trainer, StopsWhereANumberIsNoneAndSaysWhere) {
  Network network = sample_network();
  TrainOptions options{.epochs = 3, .batch = 16, .optimizer = "sgd", .learning_rate = 1e30};
  Trainer trainer(network, options, sample_examples(network, 64));
  while (!trainer.finished()) trainer.step();
  ASSERT_TRUE(trainer.accident());
  EXPECT_THAT(trainer.stopped(), HasSubstr(trainer.accident()->node));
  EXPECT_LE(trainer.steps_made(), 3);
  EXPECT_EQ(trainer.accident()->layer, 2) << "numbers near 1e30, which the second layer squares";
  EXPECT_FALSE(trainer.accident()->backward);
}

// The map 2e-38 of numbers of 3e38 at 16 places; classes are their sum and its negative.
Network overflowing_network() {
  NetworkBuilder builder("overflowing");
  const std::string z =
      builder.convolution(builder.input("x", {1, 4, 4}),
                          {.name = "map", .channels_in = 1, .channels_out = 1, .kernel = 1, .padding = 0});
  builder.output(builder.linear(builder.node("Flatten", "flat", {z}), {"readout", 16, 2}));
  Network network = builder.build();
  network.set_parameter("map.weight", at::full({1, 1, 1, 1}, 2e-38F));
  network.set_parameter("readout.weight", at::tensor({1.F, -1.F}).view({2, 1}).expand({2, 16}).contiguous());
  return network;
}

TEST(Trainer, MakesNoStepOfAGradientThatOverflowsInItsSumOverPlaces) {
  Batch examples;
  examples.inputs = {at::full({1, 1, 4, 4}, 3e38F)};
  examples.labels = at::ones({1}, at::kLong);
  const TrainOptions options{.epochs = 1, .batch = 1, .optimizer = "sgd", .learning_rate = .1};
  Trainer trainer(overflowing_network(), options, examples);
  EXPECT_FALSE(trainer.step());
  EXPECT_TRUE(std::isfinite(trainer.last_loss()));
  ASSERT_TRUE(trainer.accident());
  EXPECT_EQ(trainer.accident()->node, "map.weight");
  EXPECT_EQ(trainer.accident()->layer, 1);
  EXPECT_TRUE(trainer.accident()->backward);
  EXPECT_EQ(trainer.steps_made(), 0);
  EXPECT_TRUE(same_weights(trainer.network(), overflowing_network()));
}

TEST(Trainer, StopsWhereItsLastStepMadeAWeightThatIsNone) {
  TrainOptions options{.epochs = 1, .batch = 3, .optimizer = "sgd", .learning_rate = 3e38};
  Batch examples = three_examples();
  examples.inputs[0] *= 10;
  Trainer trainer(linear_network(), options, examples);
  EXPECT_FALSE(trainer.step()) << "no epoch that looks whole";
  EXPECT_TRUE(trainer.finished());
  ASSERT_TRUE(trainer.accident());
  EXPECT_EQ(trainer.accident()->node, "map.weight");
  EXPECT_FALSE(trainer.accident()->backward);
}

TEST(Trainer, SetsStoredStatisticsToThoseOfTheTrainingExamples) {
  const Network network = sample_network("feedforward:depth=2,input=6,width=12,output=3,norm=batch");
  TrainOptions options{.epochs = 1, .batch = 64, .optimizer = "sgd", .learning_rate = 0};
  const Batch examples = sample_examples(network, 64);
  const Network trained = train(network, options, examples);
  const at::Tensor z =
      examples.inputs[0].mm(network.find_parameter("layer_1.weight")->value.t()).to(at::kDouble);
  const auto stored = [&](const char* name) {
    return trained.find_parameter(std::string("layer_1.batch_norm.") + name)->value.to(at::kDouble);
  };
  EXPECT_TRUE(at::allclose(stored("running_mean"), z.mean(0), 1e-5, 1e-6));
  EXPECT_TRUE(at::allclose(stored("running_var"), z.var(0, false), 1e-5, 1e-6));
}

TEST(Trainer, AveragesStoredStatisticsOverMiniBatches) {
  const Network network = sample_network("feedforward:depth=2,input=6,width=12,output=3,norm=batch");
  const TrainOptions options{.epochs = 1, .batch = 16, .optimizer = "sgd", .learning_rate = 0};
  const Batch examples = sample_examples(network, 64);
  const Network trained = train(network, options, examples);
  const at::Tensor z =
      examples.inputs[0].mm(network.find_parameter("layer_1.weight")->value.t()).to(at::kDouble);
  const at::Tensor mean = trained.find_parameter("layer_1.batch_norm.running_mean")->value.to(at::kDouble);
  EXPECT_TRUE(at::allclose(mean, z.mean(0), 1e-5, 1e-6)) << "of mini-batches of one size that of all";
}

TEST(Trainer, AsksForOtherWeightsWhereTheScheduleSaysSo) {
  const Network network = sample_network();
  TrainOptions options{.epochs = 3, .batch = 64, .optimizer = "sgd", .learning_rate = 0};
  options.schedule = "auto:window=2,patience=1,least_accuracy=2,redraws=1";
  uint64_t drawn = 0;
  options.redraw = [&](uint64_t seed) {
    drawn = seed;
    return initialize(network, "he", 77).network;
  };
  const Network trained = train(network, options, sample_examples(network, 64));
  EXPECT_EQ(drawn, redraw_seed(options.seed, 1));
  EXPECT_TRUE(same_weights(trained, initialize(network, "he", 77).network));
  options.redraw = {};
  Trainer trainer(network, options, sample_examples(network, 64));
  while (!trainer.finished()) trainer.step();
  EXPECT_EQ(trainer.epochs().size(), 2U);
  EXPECT_THAT(trainer.stopped(), HasSubstr("do not train"));
}

TEST(RedrawSeed, IsAnotherForEverySeedAndAttempt) {
  std::set<uint64_t> seeds;
  for (uint64_t seed = 1; seed <= 10; ++seed) {
    seeds.insert(seed);
    for (int64_t attempt = 1; attempt <= 3; ++attempt) seeds.insert(redraw_seed(seed, attempt));
  }
  EXPECT_EQ(seeds.size(), 40U);
}

TEST(Trainer, TrainsALogitBeforeAFinalSoftmax) {
  NetworkBuilder builder("softmax");
  const std::string logits = builder.linear(builder.input("x", {2}), {"map", 2, 3});
  builder.output(builder.node("Softmax", "p", {logits}, {{"axis", int64_t{1}}}));
  Network network = builder.build();
  network.set_parameter("map.weight", linear_network().find_parameter("map.weight")->value);
  TrainOptions options{.epochs = 1, .batch = 3, .optimizer = "sgd", .learning_rate = .5};
  const Network with = train(network, options, three_examples()),
                without = train(linear_network(), options, three_examples());
  EXPECT_TRUE(same_weights(with, without));
}

TEST(Train, GoesOnAsLongAsItIsToldTo) {
  const Network network = sample_network();
  const Batch examples = sample_examples(network, 256), test = sample_examples(network, 64, 3, 2);
  TrainOptions options{.epochs = 5, .batch = 64, .optimizer = "sgd:momentum=0.9", .learning_rate = 0.1};
  Network trained = train(network, options, examples, test,
                          [](const EpochRecord& epoch) { return epoch.train_loss > 0.01; });
  EXPECT_FALSE(same_weights(network, trained));
}

TEST(Trainer, RefusesWhatCannotBeTrained) {
  const Network network = sample_network();
  const Batch examples = sample_examples(network, 8);
  const auto refusal = [&](const TrainOptions& options, const Batch& batch, const Network& subject) {
    try {
      Trainer trainer(subject, options, batch);
    } catch (const std::invalid_argument& error) {
      return std::string(error.what());
    }
    return std::string("accepted");
  };
  Batch unlabelled = examples, beyond = examples, misfit = examples;
  unlabelled.labels = at::Tensor();
  beyond.labels = at::full({8}, 3, at::kLong);
  misfit.inputs[0] = at::zeros({8, 7});
  EXPECT_THAT(refusal({}, unlabelled, network), HasSubstr("must have labels"));
  EXPECT_THAT(refusal({}, beyond, network), HasSubstr("labels must be from 0 to 2"));
  EXPECT_THAT(refusal({}, misfit, network), HasSubstr("shape must be"));
  EXPECT_THAT(refusal({.learning_rate = NAN}, examples, network), HasSubstr("learning rate"));
  EXPECT_THAT(refusal({.learning_rate = -1}, examples, network), HasSubstr("learning rate"));
  EXPECT_THAT(refusal({.epochs = 0}, examples, network), HasSubstr("epochs"));
  EXPECT_THAT(refusal({.batch = 0}, examples, network), HasSubstr("batch"));
  EXPECT_THAT(refusal({.optimizer = "adm"}, examples, network), HasSubstr("did you mean 'adam'"));
  TrainOptions shifted;
  shifted.augmentation = Augmentation::parse("image");
  EXPECT_THAT(refusal(shifted, examples, network), HasSubstr("must be images"));
}

}  // namespace
}  // namespace shatterproof::trainer_test
